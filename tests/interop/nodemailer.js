// SPDX-License-Identifier: ISC
// nodemailer.js TRANSPORT ENVELOPE: hands the message that it reads to npm's nodemailer; both arguments are JSON.
// Prints what nodemailer tells. Called by admit.py.

'use strict';

const fs = require('fs');
const nodemailer = require('nodemailer');

const [transport, envelope] = process.argv.slice(2).map((text) => JSON.parse(text));

nodemailer.createTransport(transport).sendMail({ ...envelope, raw: fs.readFileSync(0) }, (error, info) => {
    console.log(JSON.stringify(error ? { code: error.code, responseCode: error.responseCode } : info));
    process.exitCode = error ? 1 : 0;
});
