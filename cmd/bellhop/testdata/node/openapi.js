'use strict';

// Holds an OpenAPI document to the official schema of its version, with a published validator, for the end-to-end tests.
// On stdin comes JSON: {json, yaml}, the document in both forms. On stdout goes {version, errors, same}: the version that was
// found, what is wrong with each form, and whether both are the same document.

const { isDeepStrictEqual } = require('util');
const fs = require('fs');

(async () => {
    const { Validator } = await import('@seriousme/openapi-schema-validator');
    const { json, yaml } = JSON.parse(fs.readFileSync(0, 'utf8'));
    const errors = [];
    const documents = [];
    let version = '';
    for (const form of [JSON.parse(json), yaml]) {
        const validator = new Validator();
        const result = await validator.validate(form);
        if (!result.valid) {
            errors.push(JSON.stringify(result.errors));
        }
        version = validator.version;
        documents.push(validator.specification);
    }
    console.log(JSON.stringify({ version, errors, same: isDeepStrictEqual(...documents) }));
})();
