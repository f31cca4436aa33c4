// PostgreSQL with pgvector, in WebAssembly and memory, on a free port of this machine: prints the port and runs until standard input ends.
// With the argument "plain" there is no pgvector, as on a server that has none.
//
// PGlite is one session. Connections take turns: the next is heard when the one before has gone, and finds the session as if it were new.
import { createServer } from 'node:net';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';

const SSL_REQUEST = 80877103, GSS_REQUEST = 80877104, CANCEL_REQUEST = 80877102;
const TERMINATE = 'X'.charCodeAt(0);
const COPY_FAIL = Uint8Array.of('f'.charCodeAt(0), 0, 0, 0, 5, 0), SYNC = Uint8Array.of('S'.charCodeAt(0), 0, 0, 0, 4);

const db = await PGlite.create({ extensions: process.argv[2] === 'plain' ? {} : { vector } });

/** Answers the messages of one connection, each when it is complete, until the client says goodbye or is gone. */
async function serve(socket) {
  let waiting = Buffer.alloc(0), hasStarted = false;
  for await (const chunk of socket) {
    waiting = Buffer.concat([waiting, chunk]);
    for (;;) {
      const lengthAt = hasStarted ? 1 : 0; // the first messages of a connection have no letter
      if (waiting.length < lengthAt + 4) break;
      const length = lengthAt + waiting.readInt32BE(lengthAt);
      if (waiting.length < length) break;
      const message = waiting.subarray(0, length);
      waiting = waiting.subarray(length);
      if (hasStarted && message[0] === TERMINATE) return;
      const code = hasStarted ? 0 : message.readInt32BE(4);
      if (code === CANCEL_REQUEST) return;
      if (code === SSL_REQUEST || code === GSS_REQUEST) {
        socket.write('N');
        continue;
      }
      hasStarted = true;
      await db.execProtocolRawStream(Uint8Array.from(message), { onRawData: data => socket.write(Buffer.from(data)) });
    }
  }
}

/** What a client that was killed has left: half a COPY, half a query, a transaction, temporary tables, settings. */
async function forget() {
  for (const message of [COPY_FAIL, SYNC])
    await db.execProtocolRawStream(message, { onRawData: () => {} });
  await db.exec('ROLLBACK');
  await db.exec('DISCARD ALL');
}

let turn = Promise.resolve();
const server = createServer(socket => {
  socket.on('error', () => {});
  turn = turn.then(() => serve(socket)).catch(() => {}).then(() => socket.destroy()).then(forget).catch(error => console.error(error));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
