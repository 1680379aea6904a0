'use strict';

// Uses resources with the published SDK, for the end-to-end tests. On stdin comes {host, token, email, refreshToken, calls}, calls
// being arrays of a name of the SDK, such as "forms", a method and its arguments; an argument "$id" is the id of the resource that
// the call before has returned. For each call there is a line on stdout: {result}, or {message, statusCode} of the error that
// it was rejected with.

const fs = require('fs');
const ChipChat = require('chipchat');

const { calls, ...options } = JSON.parse(fs.readFileSync(0, 'utf8'));
const bot = new ChipChat(options);

(async () => {
    let id;
    for (const [name, method, ...args] of calls) {
        try {
            const result = await bot[name][method](...args.map((arg) => (arg === '$id' ? id : arg)));
            if (result && result.id) id = result.id;
            console.log(JSON.stringify({ result: result === undefined ? null : result }));
        } catch (err) {
            console.log(JSON.stringify({ message: err.message, statusCode: err.statusCode }));
        }
    }
})();
