'use strict';

// A bot on the published SDK for the end-to-end tests. How it is put up comes as JSON in BOT:
//
//   mode      start: the SDK's own server, which answers after the handlers; router: its router in an express application,
//             which answers before them; http: its plain middleware, likewise; ingest: a route of the author's own, which
//             answers 400 when a handler threw
//   host      where the API is
//   token, refreshToken, email, secret   as the SDK takes them, the secret only if the test has one
//   path      where the endpoint lives
//   user, password   what modes router and http ask for by basic authentication
//
// Its first line on stdout is {"port":N}. It answers a contact who says
//
//   ask     with the question "Which?", waits in its handler for the reply, and then says "You said <reply>"
//   throw   not at all: its handler throws
//   else    with "Got <SHA-256 of the UTF-8 text, in hex>"

const crypto = require('crypto');
const http = require('http');
const express = require('express');
const ChipChat = require('chipchat');

const config = JSON.parse(process.env.BOT);

const bot = new ChipChat({
    host: config.host,
    token: config.token,
    refreshToken: config.refreshToken,
    email: config.email,
    secret: config.secret,
    webhook: config.path
});

bot.on('error', (err) => console.error('error event:', err && err.message ? err.message : err));

bot.on('message.create.contact.chat.contact', async (message, conversation) => {
    const say = (text) => conversation.say({ text, role: 'agent' });
    switch (message.text) {
    case 'ask': {
        const reply = await conversation.ask({ text: 'Which?', role: 'agent' });
        await say(`You said ${reply.text}`);
        return;
    }
    case 'throw':
        throw new Error('thrown by a handler');
    default:
        // A reply to a question is heard by whoever asked.
        if (message.text.startsWith('reply ')) return;
        await say(`Got ${crypto.createHash('sha256').update(message.text, 'utf8').digest('hex')}`);
    }
});

const ready = (server) => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);

const admitted = (request) => {
    if (!config.user) return true;
    const want = Buffer.from(`${config.user}:${config.password}`).toString('base64');
    return request.headers.authorization === `Basic ${want}`;
};

const modes = {
    start() {
        // The SDK takes 0 from the environment only: as an argument it counts as no port at all.
        process.env.PORT = '0';
        console.log = console.error;
        bot.on('ready', () => ready(bot.server));
        bot.start();
    },
    router() {
        const app = express();
        app.use((request, response, next) => (admitted(request) ? next() : response.sendStatus(401)));
        app.use(config.path, bot.router());
        const server = app.listen(0, '127.0.0.1', () => ready(server));
    },
    ingest() {
        const app = express();
        app.get(config.path, (request, response) => response.send(request.query.challenge));
        app.post(config.path, express.json(), (request, response) => bot.ingest(request.body, undefined, { async: true }).then(
            () => response.json({ status: 'ok' }),
            (err) => response.status(400).json({ error: err.message })
        ));
        const server = app.listen(0, '127.0.0.1', () => ready(server));
    },
    http() {
        const receive = bot.httpMiddleware();
        const server = http.createServer((request, response) => {
            if (admitted(request)) return receive(request, response);
            response.writeHead(401);
            return response.end();
        });
        server.listen(0, '127.0.0.1', () => ready(server));
    }
};

modes[config.mode]();
