'use strict';

// Plays the scenarios of the SDK's conformance table on the published SDK; chipchat/conformance says what they are. On stdin
// comes a JSON array of scenarios {id, host, options, env, handlers, middleware, serve, steps, want: {calls, errors}}; one
// line goes to stdout for each: {id, calls, errors, answers}. All of them play at the same time, each with a bot of its own;
// what they lack of the calls and errors wanted is waited for, and what is too much has time to come.

const fs = require('fs');
const http = require('http');
const express = require('express');
const ChipChat = require('chipchat');
const { getInstanceConfig } = require('chipchat/lib/helpers');

const PATIENCE = Number(process.argv[2]); // ms, for what is wanted and does not come
const SETTLE = 300; // ms, for what is not wanted and comes

// The SDK and its listeners log to the console; stdout is for the results.
for (const name of ['log', 'info', 'debug', 'warn']) console[name] = console.error;
process.env.PORT = '0';

// thrown says whose an error is that nobody has caught.
const thrown = new WeakMap();
process.on('unhandledRejection', (err) => {
    const play = err && typeof err === 'object' && thrown.get(err);
    if (play) play.calls.push(`unhandled ${err.message}`);
    else console.error('unhandled rejection', err);
});

// What would end the process of a bot must not end those of the other scenarios; such a delivery has no answer.
process.on('uncaughtException', (err) => console.error('uncaught exception', err));

const registrations = new Set(['on', 'once', 'off', 'onText', 'onAny', 'offAny', 'registerCallback', 'use', 'use.send', 'emit', 'requests',
    'addReplyListener', 'removeReplyListener', 'mixin']);

// text is how a value is written down: strings as they are, nothing as nothing, anything else as JSON.
const text = (value) => {
    if (value === undefined || value === null) return '';
    if (value instanceof http.IncomingMessage) return 'an IncomingMessage';
    if (value.message) return value.message;
    return typeof value === 'string' ? value : JSON.stringify(value);
};

// about is what a handler was called with, in a word.
const about = (subject) => {
    if (!subject || typeof subject !== 'object' || subject.message) return text(subject);
    if (subject.event) return subject.event;
    if (subject.summary) return subject.summary;
    return text(subject.text === undefined ? subject.type : subject.text);
};

class Play {
    constructor(scenario) {
        this.scenario = scenario;
        this.calls = [];
        this.errors = [];
        this.answers = [];
        this.known = new Map();
    }

    // special turns what JSON cannot say into what it means.
    special(value) {
        if (Array.isArray(value)) return value.map((element) => this.special(element));
        if (!value || typeof value !== 'object') return value;
        if ('$regexp' in value) return new RegExp(value.$regexp, value.$flags || '');
        if ('$null' in value) return null;
        if ('$undefined' in value) return undefined;
        if ('$handler' in value) return this.handler(value.$handler);
        if ('$callback' in value) return (err, result) => { this.calls.push(`${value.$callback}(${text(err)}, ${text(result)})`); };
        return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, this.special(v)]));
    }

    // handler is the function of that name, always the same one; "callback:<name>" is the name of a registered callback.
    handler(name) {
        if (name.startsWith('callback:')) return name.slice('callback:'.length);
        if (!this.known.has(name)) {
            const actions = (this.scenario.handlers || {})[name] || [];
            this.known.set(name, async (subject, context) => {
                let line = `${name}(${about(subject)})`;
                if (context && context.captured) line += ' captured';
                this.calls.push(line);
                for (const action of actions) await this.act(action, context);
            });
        }
        return this.known.get(name);
    }

    any(name) {
        return (event) => { this.calls.push(`${name}(${event})`); };
    }

    fail(message) {
        const err = new Error(message);
        thrown.set(err, this);
        throw err;
    }

    // act does in a handler what the scenario says; what it gets to know is noted as a call.
    async act([name, ...rest], context) {
        const args = rest.map((arg) => this.special(arg));
        switch (name) {
        case 'fail':
            return this.fail(args[0]);
        case 'note':
            return this.calls.push(args[0]);
        case 'get':
            return this.calls.push(`get ${args[0]} = ${text(context.get(args[0]))}`);
        case 'captured':
            return this.calls.push(`captured = ${text(context.captured)}`);
        case 'property':
            return this.calls.push(`${args[0]} = ${text(context[args[0]])}`);
        case 'try':
            try {
                await this.act(rest[0], context);
            } catch (err) {
                this.calls.push(`failed: ${err.message}`);
            }
            return undefined;
        case 'ask': {
            const reply = context.ask(...args);
            if (args.length > 1) return reply;
            return this.calls.push(`reply(${about(await reply)})`);
        }
        case 'send':
            return this.bot.send(...args);
        default:
            return context[name](...args);
        }
    }

    middleware(name) {
        const does = (this.scenario.middleware || {})[name] || 'next';
        return (...args) => {
            const next = args[args.length - 1];
            const payload = args[1];
            this.calls.push(name);
            if (does === 'drop') return undefined;
            if (does.fail) return next(new Error(does.fail));
            if (does.text) (payload.data ? payload.data.message : [].concat(payload)[0]).text = does.text;
            return next();
        };
    }

    options() {
        const { tokens, ...options } = this.scenario.options || {};
        const all = { host: this.scenario.host, ...options };
        for (const kind of Object.keys(all.middleware || {})) {
            all.middleware = { ...all.middleware, [kind]: [].concat(all.middleware[kind]).map((name) => this.middleware(name)) };
        }
        return all;
    }

    construct() {
        const before = { ...process.env };
        Object.assign(process.env, this.scenario.env);
        try {
            this.bot = new ChipChat(this.options());
        } finally {
            for (const name of Object.keys(this.scenario.env || {})) {
                if (name in before) process.env[name] = before[name];
                else delete process.env[name];
            }
        }
        const { tokens } = this.scenario.options;
        if (tokens) {
            this.bot.getTokens = async () => tokens;
            this.bot.setTokens = async (renewed) => {
                this.calls.push(`stored ${renewed.token} ${text(renewed.refreshToken)}`);
            };
        }
        this.bot.on('error', (err) => {
            this.errors.push(text(err));
        });
    }

    async whole() {
        try {
            await this.run();
        } catch (err) {
            this.answers.push(`the runner failed: ${err.stack}`);
        }
        this.ended = true;
    }

    async run() {
        try {
            this.construct();
        } catch (err) {
            this.answers.push({ error: err.message });
            return;
        }
        await this.listen();
        for (const step of this.scenario.steps || []) {
            let answer;
            try {
                answer = await this.step(step);
            } catch (err) {
                answer = { error: text(err) };
                if (err && err.statusCode) answer.status = err.statusCode;
            }
            if (answer !== undefined) this.answers.push(answer);
        }
    }

    async step(step) {
        if (!Array.isArray(step)) return step.http ? this.request(step.http) : this.receive(step);
        const [name, ...rest] = step;
        const result = await this.call(name, rest);
        return registrations.has(name) ? undefined : this.outcome(result);
    }

    async outcome(result) {
        if (result && typeof result[Symbol.asyncIterator] === 'function') {
            const items = [];
            for await (const item of result) items.push(item);
            return items;
        }
        return result === undefined || result === '' ? null : JSON.parse(JSON.stringify(result));
    }

    async call(name, rest) {
        const { bot } = this;
        switch (name) {
        case 'on': case 'once': case 'onText': case 'off': case 'registerCallback': {
            const args = rest.slice(0, -1).map((arg) => this.special(arg));
            return bot[name](...args, this.handler(rest[rest.length - 1]));
        }
        case 'onAny':
            return bot.onAny(this.any(rest[0]));
        case 'removeTextListener':
            return bot.removeTextListener(this.special(rest[0])) ? 'removed' : null;
        case 'mixin':
            return ChipChat.mixin({ [rest[0]]: () => rest[0] });
        case 'module':
            return bot.module((owner, options) => (owner === bot ? options : null), rest[0]);
        case 'use':
            return bot.use(...rest.map((f) => this.middleware(f)));
        case 'use.send':
            return bot.middleware.send.use(...rest.map((f) => this.middleware(f)));
        case 'auth': {
            const auth = bot.auth || {};
            return Object.fromEntries(rest.map((key) => [key, auth[key]]));
        }
        case 'attempt':
            return Promise.race([this.call(rest[0], rest.slice(1)), pause(500).then(() => 'no answer')]);
        case 'requests':
            return this.until(async () => await this.count() >= rest[0]);
        case 'options':
            return Object.fromEntries(rest.map((key) => [key, bot[key]]));
        case 'conversation': {
            const context = await bot.conversation(this.special(rest[0]));
            for (const action of rest.slice(1)) await this.act(action, context);
            return undefined;
        }
        case 'addReplyListener':
            return bot.addReplyListener(rest[0], this.handler(rest[1]));
        case 'getInstanceConfig':
            return getInstanceConfig(bot, ...rest);
        default: {
            const path = name.split('.');
            const owner = path.slice(0, -1).reduce((o, key) => o[key], bot);
            return owner[path[path.length - 1]](...rest.map((arg) => this.special(arg)));
        }
        }
    }

    async receive({ ingest, signature, async = true, within = PATIENCE }) {
        const received = Promise.resolve(this.bot.ingest(ingest, signature, { async })).then(() => 'ok');
        return Promise.race([received, pause(within).then(() => 'no answer')]);
    }

    // listen puts up the webhook in the way that the scenario wants.
    async listen() {
        const { serve } = this.scenario;
        if (!serve) return;
        const server = await this.server(serve);
        this.port = server.address().port;
        this.close = () => {
            server.close();
            server.closeAllConnections();
        };
    }

    server(serve) {
        const { bot } = this;
        if (serve === 'start') {
            return new Promise((resolve) => {
                bot.on('ready', () => resolve(bot.server));
                bot.start();
            });
        }
        let receive = bot.httpMiddleware && serve === 'middleware' ? bot.httpMiddleware() : undefined;
        if (!receive) {
            receive = express();
            receive.use(bot.router(serve === 'router' ? undefined : serve));
        }
        return new Promise((resolve) => {
            const server = http.createServer(receive).listen(0, '127.0.0.1', () => resolve(server));
        });
    }

    // request waits for the answer no longer than the scenario wants.
    request({ method = 'GET', path = '/', headers = {}, body = '', within = PATIENCE }) {
        return new Promise((resolve, reject) => {
            setTimeout(() => resolve('no answer'), within);
            const request = http.request({ host: '127.0.0.1', port: this.port, method, path, headers, agent: false }, (response) => {
                const chunks = [];
                response.on('data', (chunk) => chunks.push(chunk));
                response.on('end', () => {
                    const answer = { status: response.statusCode };
                    const received = Buffer.concat(chunks).toString('utf8');
                    try {
                        answer.body = JSON.parse(received);
                    } catch (err) {
                        answer.body = received;
                    }
                    if (response.headers['access-control-allow-origin']) answer.cors = response.headers['access-control-allow-origin'];
                    resolve(answer);
                });
            });
            request.on('error', reject);
            if (body) request.setHeader('Content-Length', Buffer.byteLength(body));
            request.end(body);
        });
    }

    // count is how many requests the API has got.
    async count() {
        return Number(await (await fetch(`${this.scenario.host}/requests`)).text());
    }

    // satisfied reports whether everything that is wanted has come.
    async satisfied() {
        const { calls, errors, requests } = this.scenario.want;
        if (this.calls.length < calls || this.errors.length < errors) return false;
        return requests === 0 || await this.count() >= requests;
    }

    async until(satisfied) {
        const end = Date.now() + PATIENCE;
        while (!await satisfied() && Date.now() < end) await pause(20);
    }

    result() {
        if (!this.ended) this.answers.push('it does not end');
        return { id: this.scenario.id, calls: this.calls, errors: this.errors, answers: this.answers };
    }
}

function pause(ms) {
    return new Promise((resolve) => { setTimeout(resolve, ms); });
}

(async () => {
    const plays = JSON.parse(fs.readFileSync(0, 'utf8')).map((scenario) => new Play(scenario));
    const late = pause(PATIENCE);
    await Promise.all(plays.map((play) => Promise.race([play.whole(), late])));
    await Promise.all(plays.map((play) => play.until(() => play.satisfied())));
    await pause(SETTLE);
    for (const play of plays) {
        if (play.close) play.close();
        fs.writeSync(1, `${JSON.stringify(play.result())}\n`);
    }
    process.exit(0);
})().catch((err) => {
    console.error(err);
    process.exit(1);
});
