// A guest that floods its port, as a socket: whoever connects gets answers nobody asked for, as fast
// as they are taken. usage: flooder.ts SOCKET
import { createServer } from 'node:net'
import { encodeFrame } from '@trusted-launch/channel'

const frame = encodeFrame({ type: 0x81, id: 0xdead_beef, payload: new Uint8Array(65_000) })

createServer((socket) => {
  const flood = () => {
    while (socket.writable && socket.write(frame));
  }
  socket.on('drain', flood)
  socket.on('error', () => socket.destroy())
  socket.resume()
  flood()
}).listen(process.argv[2], () => console.log('flooding'))
