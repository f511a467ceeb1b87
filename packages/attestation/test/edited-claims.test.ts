import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, fromLatin1, toHex, toLatin1, toUtf8, toUtf16le } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import { buildEventLog, EV, encodeEventLog, encodeSipa } from '@trusted-launch/eventlog'
import { appraiseEventLog } from '../src/appraise-event-log.ts'
import { PROFILES } from '../src/profile.ts'
import { banks, cleanBoot, type Step, step } from './boot.ts'
import { given } from './given.ts'
import { events as genuine } from './recorded.ts'
import { flag, short, windowsBoot, windowsPart } from './windows.ts'

const line = (text: string) => step(12, EV.IPL, toUtf16le(`${text}\0`))
const stub = (...lines: Step[]) =>
  cleanBoot()
    .filter(({ pcrIndex }) => pcrIndex !== 8)
    .toSpliced(-2, 0, ...lines)
const table = genuine.find(({ eventType }) => eventType === EV.EFI_GPT_EVENT)!.data
/** A disk's GUID is in its 57th byte on. */
const twoDisks = cleanBoot().flatMap((one) =>
  one.eventType === EV.EFI_GPT_EVENT
    ? [table, table.with(56, 0)].map((data) => step(5, one.eventType, data))
    : [one],
)
const boots: Readonly<Record<string, readonly Step[]>> = {
  'a boot of GRUB': cleanBoot(),
  'a boot from one of two disks': twoDisks,
  'a boot of a stub': stub(line('root=/dev/vda1')),
  'a boot with a second command line': stub(line('root=/dev/vda1'), line('init=/bin/evil')),
  'a boot of Windows that is debugged': windowsBoot(
    windowsPart({ second: [short('APPLICATION_SVN', 5), flag('OSKERNELDEBUG', 1)] }),
  ),
}
const types = Object.values<number>(EV)
const tags = [0x8f3b22ed, 0x6c46f751, 0xf5bc582a]
const prefixes = ['kernel_cmdline: ', 'grub_cmd: ', 'module_cmdline: ']
const edits = 500

type Random = (below: number) => number
const oneOf = <T>(random: Random, all: readonly T[]): T => all[random(all.length)]!

function editedData(random: Random, boot: readonly Step[], data: Uint8Array): Uint8Array {
  const text = toLatin1(data)
    .replace(/^\w+: /, '')
    .replace(/\0+$/, '')
  const tag = Uint8Array.of(...[0, 8, 16, 24].map((bits) => oneOf(random, tags) >>> bits))
  const edited: (() => Uint8Array)[] = [
    () => oneOf(random, boot).data,
    () => data.subarray(0, random(data.length + 1)),
    () => concat(data, Uint8Array.of(random(256))),
    () => concat(fromLatin1(oneOf(random, prefixes)), data),
    () => fromLatin1(`${oneOf(random, prefixes)}${text}\0`),
    () => toUtf16le(`${text}\0`),
    () => concat(tag, Uint8Array.of(data.length, data.length >> 8, 0, 0), data),
    () => encodeSipa([short('VSM_LAUNCH_TYPE', 1)]),
    () => fromLatin1('MokListTrusted'),
  ]
  return oneOf(random, edited)()
}

/** The log's bytes changed and no digest: types, data, order across registers, systemd's word for the last of one. */
function edit(random: Random, boot: Step[], records: Step[]): void {
  const at = random(boot.length)
  const one = boot[at]!
  const eventType = oneOf(random, random(2) === 0 ? types : boot.map((each) => each.eventType))
  const data = editedData(random, boot, one.data)
  const kinds: (() => unknown)[] = [
    () => boot.splice(at, 1, { ...one, eventType }),
    () => boot.splice(at, 1, { ...one, data }),
    () => boot.splice(at, 1, { ...one, eventType, data }),
    () => boot.splice(random(boot.length), 0, ...boot.splice(at, 1)),
    () => {
      const last = boot.findLastIndex(
        ({ pcrIndex }) => pcrIndex === oneOf(random, [11, 12, 13, 15]),
      )
      if (last >= 0) records.unshift(...boot.splice(last, 1))
    },
  ]
  oneOf(random, kinds)()
}

function told({ pcrIndex, digests }: Step): string {
  const listed = [...digests].map(([hashAlg, value]) => ({ hashAlg, digest: toHex(value) }))
  return `\x1e${JSON.stringify({ pcr: pcrIndex, digests: listed, content: {} })}\n`
}

for (const [name, boot] of Object.entries(boots))
  for (const profile of PROFILES)
    test(`${name}, its log edited in ${edits} ways (${profile}): no claim that is verified says anything else`, () => {
      const genuine = given(boot, profile)
      const { claims: truth } = appraiseEventLog(genuine)
      const random = randomFrom(1)
      for (let i = 0; i < edits; i++) {
        const [steps, records] = [[...boot], [] as Step[]]
        for (let left = 1 + random(4); left > 0; left--) edit(random, steps, records)
        const userspaceLog = toUtf8(records.map(told).join(''))
        const eventLog = encodeEventLog(buildEventLog(banks, steps))
        const { claims } = appraiseEventLog({ ...genuine, eventLog, userspaceLog })
        for (const [claim, { value, verified }] of Object.entries(claims))
          if (verified) assert.deepEqual(value, truth[claim]?.value, `${i}: ${claim}`)
      }
    })
