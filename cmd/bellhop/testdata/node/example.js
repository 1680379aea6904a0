'use strict';

// Preloaded before an example of the npm package, which runs as it was published: node --require ./example.js <example>.
//
// It writes the port of each server that the example starts as a line to the file descriptor 3. Where an example asks
// its reader to fill something in, FILL says what, as JSON: {"<what stands there>": "<what is to>"}.

const fs = require('fs');
const net = require('net');
const Module = require('module');

const { listen } = net.Server.prototype;
net.Server.prototype.listen = function announced(...args) {
    this.once('listening', () => fs.writeSync(3, `${this.address().port}\n`));
    return listen.apply(this, args);
};

const fill = Object.entries(JSON.parse(process.env.FILL || 'null') || {});
const compile = Module.prototype._compile;
Module.prototype._compile = function filled(content, filename) {
    const main = filename === process.argv[1];
    return compile.call(this, main ? fill.reduce((text, [from, to]) => text.replace(from, to), content) : content, filename);
};

const survives = process.env.SURVIVES;
if (survives) {
    process.on('uncaughtException', (err) => {
        console.error('survived', err);
        if (err.message !== survives) process.exit(1);
    });
}
