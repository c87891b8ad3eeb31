// SPDX-License-Identifier: ISC
// smtp-server.js PORT FOLDER REFUSED LIMIT [IMPLICIT CERTIFICATE KEY USER PASSWORD smtp|lmtp]: npm's smtp-server;
// stores each message as it came, behind a line a recipient and an empty line. With a certificate it has TLS and
// passwords, at IMPLICIT from the first octet. Called by servers.py.

'use strict';

const fs = require('fs');
const path = require('path');
const { SMTPServer } = require('smtp-server');

const [port, folder, refused, limit, implicit, certificate, key, user, password, protocol] = process.argv.slice(2);
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

function onAuth(auth, session, done) {
    const right = auth.username === user && (auth.accessToken === password || auth.password === password ||
        (auth.validatePassword && auth.validatePassword(password)));
    if (auth.method === 'XOAUTH2' && !right) {
        done(null, { data: { status: '401', schemes: 'bearer', scope: 'mail' } });
    } else {
        done(right ? null : Object.assign(new Error('5.7.8 wrong'), { responseCode: 535 }), right ? { user } : null);
    }
}

const common = {
    name: 'mx.example.org', size: Number(limit), authOptional: true, disableReverseLookup: true, onRcptTo, onData,
};
// a client that does not like the certificate is no reason to end
function serve(options, at) {
    new SMTPServer(options).on('error', (error) => console.log(error.message)).listen(Number(at), '127.0.0.1');
}

if (implicit) {
    Object.assign(common, {
        cert: fs.readFileSync(certificate), key: fs.readFileSync(key), onAuth, lmtp: protocol === 'lmtp',
        authMethods: ['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2'],
    });
    serve({ ...common, secure: true }, implicit);
} else {
    common.disabledCommands = ['AUTH', 'STARTTLS'];
}
serve(common, port);
