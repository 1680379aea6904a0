'use strict';

// Verifies deliveries with the published library of Standard Webhooks, for the end-to-end tests. On stdin comes a JSON
// array of {secret, raw, headers, body}: raw says that the secret is the key itself. For each there is a line on stdout:
// "verified", or why it is not.

const fs = require('fs');
const { Webhook } = require('standardwebhooks');

for (const { secret, raw, headers, body } of JSON.parse(fs.readFileSync(0, 'utf8'))) {
    try {
        const webhook = raw ? new Webhook(Buffer.from(secret), { format: 'raw' }) : new Webhook(secret);
        webhook.verify(body, headers);
        console.log('verified');
    } catch (err) {
        console.log(err.message);
    }
}
