import assert from 'node:assert/strict'
import { Duplex, PassThrough } from 'node:stream'
import { test } from 'node:test'
import { ControlChannel } from '../../src/vtpm/control-channel.ts'
import { StreamExchange } from '../../src/vtpm/stream-exchange.ts'
import { renderSwtpmArguments } from '../../src/vtpm/swtpm.ts'

/** The other end answers each question with the next of `answers`, piece by piece. */
function answering(...answers: (readonly Uint8Array[])[]) {
  const asked: Buffer[] = []
  const stream: Duplex = new Duplex({
    read() {},
    write(chunk: Buffer, _, done) {
      asked.push(chunk)
      for (const piece of answers.shift() ?? []) stream.push(piece)
      done()
    },
  })
  return { stream, asked }
}

const bytes = (hex: string) => Buffer.from(hex, 'hex')

test('swtpm gets its keys by descriptor, kills itself on a foreign system call, and is on a socket for QEMU only', () => {
  assert.deepEqual(renderSwtpmArguments({ keys: true, control: 'socket' }).join(' ').split(' --'), [
    'socket',
    'tpm2',
    'tpmstate dir=.,mode=0600',
    'key fd=3,format=binary,mode=aes-256-cbc',
    'migration-key fd=4,format=binary,mode=aes-256-cbc',
    'ctrl type=unixio,path=/proc/self/fd/5/tpm.sock,mode=0660',
    'terminate',
    'flags startup-none',
    'seccomp action=kill',
  ])
  assert.doesNotMatch(renderSwtpmArguments({ keys: true, control: 'stream' }).join(' '), /path=/)
})

test('the control channel turns a TPM on, deleting what was suspended, and off', async () => {
  const { stream, asked } = answering([bytes('0000'), bytes('0000')], [bytes('00000000')])
  const control = new ControlChannel(stream, 1000)
  await control.init()
  await control.shutdown()
  assert.deepEqual(Buffer.concat(asked), bytes('000000020000000100000003'))
})

test('the control channel tells which command was refused, and with which result', async () => {
  const { stream } = answering([bytes('00000101')])
  await assert.rejects(new ControlChannel(stream, 1000).init(), {
    command: 'PTM_CMD_INIT',
    result: 0x101,
  })
})

test('an exchange ends with an error on silence, on more than the answer, and when the other end goes', async () => {
  const ask = (stream: Duplex) => new StreamExchange(stream, 50).ask(bytes('00'), () => 2, 9)
  await assert.rejects(ask(new PassThrough({ write() {} })), /no answer in 50 ms/)
  await assert.rejects(ask(answering([bytes('010203')]).stream), /more than the answer/)
  const { stream } = answering([bytes('01')])
  const asked = ask(stream)
  stream.destroy()
  await assert.rejects(asked, /gone/)
})
