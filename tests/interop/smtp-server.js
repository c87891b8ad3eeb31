// SPDX-License-Identifier: ISC
// smtp-server.js PORT FOLDER REFUSED LIMIT: npm's smtp-server; stores each message as it came, behind a line a
// recipient and an empty line. Called by servers.py.

'use strict';

const fs = require('fs');
const path = require('path');
const { SMTPServer } = require('smtp-server');

const [port, folder, refused, limit] = process.argv.slice(2);
let number = 0;

function onRcptTo(address, session, done) {
    done(address.address === refused ? Object.assign(new Error('5.1.1 no such user'), { responseCode: 550 }) : null);
}

function onData(stream, session, done) {
    const file = path.join(folder, String(number++).padStart(6, '0'));
    const out = fs.createWriteStream(file + '.part');
    out.write(session.envelope.rcptTo.map((to) => to.address).join('\n') + '\n\n');
    stream.pipe(out);
    out.on('finish', () => fs.rename(file + '.part', file, done));
    out.on('error', done);
}

new SMTPServer({
    name: 'mx.example.org', size: Number(limit), authOptional: true, disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true, onRcptTo, onData,
}).listen(Number(port), '127.0.0.1');
