import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromHex, MalformedError, toHex } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import {
  AK_RSA2048,
  type Command,
  CreatePrimary,
  encodeCommand,
  encodePcrSelection,
  execute,
  FlushContext,
  GetCapability,
  PCR_Read,
  PcrError,
  password,
  Quote,
  ReadClock,
  ReadPublic,
  readPcrs,
  responseSize,
  Shutdown,
  Startup,
  TPM_ALG,
  TPM_CAP,
  TPM_RH,
  TpmError,
  type Transport,
} from '../src/index.ts'
import { keysOwnScheme, noData, none } from './objects.ts'
import { startSwtpm, swtpmMissing } from './swtpm.ts'

/** A TPM that answers whatever it is told to. */
const answering = (response: Uint8Array): Transport => ({ send: async () => response })
const quote = {
  signHandle: 0x8000_0000,
  qualifyingData: Uint8Array.of(1, 2),
  inScheme: keysOwnScheme,
  pcrSelect: [encodePcrSelection(TPM_ALG.SHA256, [7])],
}

test('a command stands on the wire as Part 3 writes it', () => {
  const startup = encodeCommand(Startup, { startupType: 0 })
  assert.equal(toHex(startup), '80010000000c000001440000')
  assert.equal(
    toHex(encodeCommand(Quote, quote, [password(Uint8Array.of(0xaa))])),
    '80020000002c00000158' +
      '80000000' +
      '0000000a' +
      '40000009' +
      '0000' +
      '01' +
      '0001aa' +
      '00020102' +
      '0010' +
      '00000001000b03800000',
  )
  const two = [password(), password()]
  assert.throws(() => encodeCommand(Quote, quote, two), /2 authorizations for TPM2_Quote/)
})

const malformed: Record<string, string> = {
  'an empty answer': '',
  'half a header': '80010000',
  'a size that is not its own': '80010000000b00000000',
  'a byte too many': '80010000000b0000000000',
  'a tag with sessions where none were sent': '80020000000a00000000',
  'a refusal with a tail': '80010000000b0000010000',
  'a refusal with a foreign tag': '12340000000a00000100',
}
for (const [title, hex] of Object.entries(malformed))
  test(`${title} is malformed`, async () => {
    const tpm = answering(fromHex(hex))
    await assert.rejects(execute(tpm, Shutdown, { shutdownType: 0 }), (e) => {
      assert.ok(e instanceof MalformedError)
      return e.path.startsWith('TPM2_Shutdown')
    })
  })

test('an answer longer than any TPM gives is refused', async () => {
  const long = new Uint8Array(4097)
  await assert.rejects(execute(answering(long), ReadClock, {}), /4097 bytes/)
})

test('a stream knows how much to wait for from the first six bytes', () => {
  assert.equal(responseSize(fromHex('8001000000')), null)
  assert.equal(responseSize(fromHex('80010000100a')), 0x100a)
})

test('a TPM that answers a reading with nothing, or with other PCRs, is no endless loop', async () => {
  const empty = answering(
    fromHex('800100000016' + '00000000' + '00000001' + '00000000' + '00000000'),
  )
  await assert.rejects(readPcrs(empty, TPM_ALG.SHA256, [0]), { code: 'PCR_ABSENT' })
  const other = fromHex(
    `80010000003e${'00000000'}00000001${'00000001000b03020000'}000000010020${'11'.repeat(32)}`,
  )
  await assert.rejects(readPcrs(answering(other), TPM_ALG.SHA256, [0]), { code: 'PCR_ABSENT' })
})

test('PCRs that change under every reading are an error, not a torn reading', async () => {
  let counter = 0
  const restless: Transport = {
    send: async (command) => {
      const selection = toHex(command.subarray(14))
      const first = selection.endsWith('ffffff') ? 'ff0000' : '00ff00'
      const digests = `0020${'11'.repeat(32)}`.repeat(8)
      const body = `${(++counter).toString(16).padStart(8, '0')}00000001000b03${first}00000008${digests}`
      const size = (10 + body.length / 2).toString(16).padStart(8, '0')
      return fromHex(`8001${size}00000000${body}`)
    },
  }
  const all = [...Array(24).keys()]
  await assert.rejects(readPcrs(restless, TPM_ALG.SHA256, all), (e) => {
    return e instanceof PcrError && e.code === 'PCR_UNSTEADY'
  })
})

const given: [Command<any, unknown>, object][] = [
  [
    CreatePrimary,
    {
      primaryHandle: TPM_RH.ENDORSEMENT,
      inSensitive: noData,
      inPublic: AK_RSA2048,
      outsideInfo: none,
      creationPCR: [],
    },
  ],
  [Quote, quote],
  [ReadPublic, { objectHandle: 0x8000_0000 }],
  [PCR_Read, { pcrSelectionIn: [encodePcrSelection(TPM_ALG.SHA256, [0, 1, 2])] }],
  [GetCapability, { capability: TPM_CAP.TPM_PROPERTIES, property: 0x100, propertyCount: 5 }],
  [ReadClock, {}],
  [FlushContext, { flushHandle: 0x8000_0000 }],
]

test('a mangled response is malformed or a refusal, never anything else', {
  skip: swtpmMissing,
}, async (t) => {
  const tpm = await startSwtpm(t)
  const random = randomFrom(42)
  for (const [command, values] of given) {
    const response = await tpm.send(encodeCommand(command, values))
    await execute(answering(response), command, values)
    for (let size = 0; size < response.length; size++)
      await endsWell(command, values, response.subarray(0, size), true)
    for (let i = 0; i < 2000; i++) {
      const mangled = response.slice()
      for (let k = random(4); k >= 0; k--) mangled[random(mangled.length)] = random(256)
      await endsWell(command, values, mangled, false)
    }
  }
})

async function endsWell(
  command: Command<any, unknown>,
  values: object,
  bytes: Uint8Array,
  cut: boolean,
) {
  try {
    await execute(answering(bytes), command, values)
  } catch (e) {
    return assert.ok(e instanceof MalformedError || e instanceof TpmError, String(e))
  }
  assert.ok(!cut, `${command.name}: ${bytes.length} bytes were taken for the whole`)
}
