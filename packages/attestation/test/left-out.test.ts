import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toUtf8, toUtf16le } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { EV } from '@trusted-launch/eventlog'
import { appraiseEventLog, type EventLogInput } from '../src/appraise-event-log.ts'
import { PROFILES } from '../src/profile.ts'
import { banks, cleanBoot, type Step, step } from './boot.ts'
import { given, withPcrs } from './given.ts'
import { flag, group, text, windowsBoot, windowsPart } from './windows.ts'

const line = (words: string) => step(12, EV.IPL, toUtf16le(`${words}\0`))
const more = (...steps: Step[]) => cleanBoot().toSpliced(-2, 0, ...steps)
const loaded = [
  group('LOADEDMODULE_AGGREGATION', text('FILEPATH', '\\evil.sys'), flag('IMAGEVALIDATED', 0)),
]
const boots: Readonly<Record<string, readonly Step[]>> = {
  'a boot of GRUB with a machine owner key': cleanBoot(),
  'a boot of a stub with sections and an extension': more(
    step(11, EV.IPL, toUtf8('.linux\0')),
    step(11, EV.IPL, toUtf8('kernel')),
    step(13, EV.IPL, toUtf16le('extension\0')),
  ),
  'a boot of a stub with two command lines': more(line('root=/dev/vda1'), line('init=/bin/evil')),
  'a Windows that loaded what it did not validate': windowsBoot(windowsPart({ loaded })),
  'a Windows told beside GRUB': more(...windowsPart()),
}

/** Every choice of none or more of these. */
function choicesOf<T>(all: readonly T[]): T[][] {
  const [one, ...others] = all
  if (one === undefined) return [[]]
  const rest = choicesOf(others)
  return [...rest, ...rest.map((some) => [one, ...some])]
}

for (const [name, boot] of Object.entries(boots))
  test(`${name} is refused when its log leaves out all events of a loader's register, or of several`, () => {
    const used = [...new Set(boot.map(({ pcrIndex }) => pcrIndex))].filter((pcr) => pcr > 7)
    for (const profile of PROFILES) {
      const { pcrs } = given(boot, profile)
      for (const left of choicesOf(used).slice(1)) {
        const rest = boot.filter(({ pcrIndex }) => !left.includes(pcrIndex))
        const { verified } = appraiseEventLog({ ...given(rest, profile), pcrs })
        assert.equal(verified, false, `${profile}: ${left}`)
      }
    }
  })

const extended = (pcr: number): EventLogInput => {
  const values = banks.map((bank) => digest(bank, toUtf8('something')))
  let of = 0
  return withPcrs(
    given(
      cleanBoot().filter(({ pcrIndex }) => pcrIndex !== pcr),
      'pc-client',
    ),
    (pcrs) => pcrs.set(pcr, values[of++]!),
  )
}

test('a register that only the system writes a log of may be without one; any other may not', () => {
  const systems = [10, 15, 16, 17, 18, 19, 20, 21, 22, 23]
  for (let pcr = 0; pcr < 24; pcr++) {
    const { verified, findings } = appraiseEventLog(extended(pcr))
    const told = new Set(findings.filter((one) => one.pcr === pcr).map(({ id }) => id))
    const wanted = systems.includes(pcr) ? 'tolerated.register-without-log' : 'pcr.unexplained'
    assert.deepEqual([verified, ...told], [systems.includes(pcr), wanted], `PCR ${pcr}`)
  }
})
