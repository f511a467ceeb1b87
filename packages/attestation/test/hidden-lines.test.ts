import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, fromLatin1, toHex, toUtf8, toUtf16le } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { EV } from '@trusted-launch/eventlog'
import { appraiseEvidence } from '../src/appraise.ts'
import { appraiseEventLog, type EventLogInput } from '../src/appraise-event-log.ts'
import {
  banks,
  cleanBoot,
  commandLine,
  evidenceOf,
  grub,
  referencesOf,
  type Step,
  step,
} from './boot.ts'
import { given, withPcrs } from './given.ts'

/** A stub's command line. */
const line = (text: string) => step(12, EV.IPL, toUtf16le(`${text}\0`))
const [shown, hidden] = [line('root=/dev/vda1'), line('init=/bin/evil')]

/** A boot of a stub: what it measured stands before the firmware's end. */
function stubBoot(...lines: Step[]): Step[] {
  const boot = cleanBoot().filter(({ pcrIndex }) => pcrIndex !== 8)
  return boot.toSpliced(-2, 0, ...lines)
}

/** systemd's log of the same measurement, of a kind that nothing is known of. */
function asUserspace({ digests, pcrIndex }: Step): Uint8Array {
  const listed = [...digests].map(([hashAlg, value]) => ({ hashAlg, digest: toHex(value) }))
  return toUtf8(`\x1e${JSON.stringify({ pcr: pcrIndex, digests: listed, content: {} })}\n`)
}

const lineOf = (input: EventLogInput) => appraiseEventLog(input).claims['command-line']

test('the one command line of a stub is claimed', () => {
  const claim = lineOf(given(stubBoot(shown)))
  assert.deepEqual([claim?.value, claim?.verified], ['root=/dev/vda1', true])
})

test("a second command line told as userspace's own is told as unjudged, and leaves none that is claimed", () => {
  const { pcrs } = given(stubBoot(shown, hidden))
  const input = { ...given(stubBoot(shown)), pcrs, userspaceLog: asUserspace(hidden) }
  const { findings } = appraiseEventLog(input)
  assert.deepEqual(
    findings.map(({ id, pcr }) => [id, pcr]),
    [['userspace-log.unjudged', 12]],
  )
  assert.equal(lineOf(input)?.verified, false)
})

/** A tag of a devicetree, whose content a stub measures into PCR 12; nothing; what is no tag. */
const tags = [
  Uint8Array.of(0x51, 0xf7, 0x46, 0x6c, 4, 0, 0, 0, 0, 0, 0, 0),
  new Uint8Array(),
  Uint8Array.of(1),
]

test('what a command line may hide behind, a tag of something else in PCR 8 or 12, is refused in both profiles', () => {
  const policy = line('ima_policy=none')
  for (const profile of ['strict', 'pc-client'] as const)
    for (const data of tags) {
      const tagged = (of: Step) => ({ ...of, eventType: EV.EVENT_TAG, data })
      const grubs = cleanBoot().toSpliced(-2, 0, tagged(commandLine('init=/bin/evil')))
      for (const boot of [stubBoot(shown, tagged(hidden)), stubBoot(tagged(policy)), grubs]) {
        const { verified, findings } = appraiseEventLog(given(boot, profile))
        assert.equal(verified, false)
        assert.ok(findings.some(({ id }) => id === 'eventlog.data'))
      }
    }
})

/** What systemd's stub says beside the archives that it makes of files on the ESP. */
const archives = [
  'Credentials initrd',
  'Global credentials initrd',
  'Configuration extension initrd',
]
const archive = (pcr: number, text: string, of: Step | null = null) => {
  const told = step(pcr, EV.IPL, toUtf16le(`${text}\0`), toUtf8('070701 an archive'))
  return of === null ? told : { ...told, digests: of.digests }
}

test("what systemd's stub makes of credentials and extensions is told in pc-client, and leaves no line that is claimed", () => {
  for (const text of archives)
    for (const pcr of [8, 12])
      for (const hides of [null, line('init=/bin/evil')]) {
        const boot = stubBoot(shown, archive(pcr, text, hides))
        const { verified, findings, claims } = appraiseEventLog(given(boot, 'pc-client'))
        assert.equal(verified, true)
        assert.deepEqual(
          findings.map(({ id, severity, pcr: where }) => [id, severity, where]),
          [['tolerated.stub-archive', 'medium', pcr]],
        )
        assert.equal(claims['command-line']?.verified, false)
        const own = appraiseEventLog(given(boot))
        assert.deepEqual([own.verified, own.findings[0]?.id], [false, 'eventlog.data'])
      }
})

test('nothing else is taken for an archive: another text, in another writing, with more behind it', () => {
  const others = [
    ...[
      'credentials initrd',
      'Credentials initrd ',
      'System extension initrd',
      'init=/bin/evil',
    ].map((text) => toUtf16le(`${text}\0`)),
    fromLatin1('Credentials initrd\0'),
    fromLatin1('kernel_cmdline: Credentials initrd\0'),
    toUtf16le('Credentials initrd\0init=/bin/evil\0'),
  ]
  for (const data of others)
    for (const pcr of [8, 12]) {
      const boot = stubBoot(shown, step(pcr, EV.IPL, data, toUtf8('an archive')))
      assert.equal(appraiseEventLog(given(boot, 'pc-client')).verified, false)
    }
  const sysext = archive(13, 'System extension initrd')
  assert.equal(appraiseEventLog(given(stubBoot(shown, sysext), 'pc-client')).verified, true)
})

test('a command line that calls itself an archive is a command line', () => {
  const named = step(12, EV.IPL, toUtf16le('Credentials initrd\0'))
  for (const profile of ['strict', 'pc-client'] as const) {
    const { findings } = appraiseEventLog(given(stubBoot(shown, named), profile))
    assert.deepEqual(
      findings.map(({ id }) => id),
      ['kernel-command-line.count'],
    )
  }
})

test('a tag without a tag explains nothing, in no register that has tags of its own', () => {
  for (const pcr of [5, 9]) {
    const empty = step(pcr, EV.EVENT_TAG, new Uint8Array(), toUtf8('initrd'))
    const { verified, findings } = appraiseEventLog(given(cleanBoot().toSpliced(-2, 0, empty)))
    assert.equal(verified, false)
    assert.ok(findings.some(({ id }) => id === 'eventlog.data'))
  }
})

test('a second command line is one whatever it is told as, as long as its bytes are there', () => {
  const grubs = concat(fromLatin1('grub_cmd: '), hidden.data)
  const others = [
    { ...hidden, eventType: EV.EVENT_TAG },
    { ...hidden, eventType: EV.EFI_VARIABLE_BOOT },
    { ...hidden, data: grubs },
  ]
  for (const profile of ['strict', 'pc-client'] as const)
    for (const other of others) {
      const { verified, findings } = appraiseEventLog(given(stubBoot(shown, other), profile))
      assert.equal(verified, false)
      assert.ok(findings.some(({ id }) => id === 'kernel-command-line.count'))
    }
})

test('what PCR 12 holds beside a command line, and reads as none, leaves none that is claimed', () => {
  for (const data of [toUtf16le('init=/bin/\u0101\0'), Uint8Array.of(1, 2, 3)])
    assert.equal(lineOf(given(stubBoot(shown, step(12, EV.IPL, data))))?.verified, false)
})

test('of texts in PCR 8 without a command that starts a kernel none is claimed, but a single one', () => {
  const rest = cleanBoot().filter(({ pcrIndex }) => pcrIndex !== 8)
  const texts = (...lines: Step[]) => given(rest.toSpliced(-2, 0, ...lines), 'pc-client')
  assert.equal(lineOf(texts(commandLine('quiet')))?.verified, true)
  const asCommand = texts(commandLine('quiet'), grub('init=/bin/evil'))
  assert.equal(lineOf(asCommand)?.verified, false)
})

test('a register of command lines whose value is not known leaves none that is claimed', () => {
  const boot = given(cleanBoot(), 'pc-client')
  assert.equal(lineOf(boot)?.verified, true)
  assert.equal(lineOf(withPcrs(boot, (pcrs) => pcrs.delete(12)))?.verified, false)
  // Where PCR 10 is not given, another kernel may run, and nothing would show it.
  assert.equal(lineOf(withPcrs(boot, (pcrs) => pcrs.delete(10)))?.verified, false)
})

test('another kernel that is called a module is none where nobody knows the modules', () => {
  const measured = [{ name: '/tmp/vmlinuz.ko', sha256: digest('sha256', toUtf8('kernel')) }]
  const unknown = referencesOf(cleanBoot(), { kernel: { commandLine: null, modules: null } })
  for (const references of [null, unknown]) {
    const verifiedOf = (list: typeof measured) =>
      appraiseEvidence(evidenceOf(cleanBoot(), { references, measured: list })).claims[
        'command-line'
      ]?.verified
    assert.equal(verifiedOf(measured), false)
    assert.equal(verifiedOf([]), true)
  }
})

test('of a PCR 10 without its list nobody knows whether another kernel runs', () => {
  const boot = given(cleanBoot(), 'pc-client')
  const input = withPcrs(boot, (pcrs) => {
    for (const bank of banks)
      if (pcrs.get(10)!.length === digest(bank, new Uint8Array()).length)
        pcrs.set(10, digest(bank, toUtf8('kernel')))
  })
  const { verified, findings } = appraiseEventLog(input)
  assert.equal(verified, true)
  assert.ok(findings.some(({ id }) => id === 'tolerated.register-without-log'))
  assert.equal(lineOf(input)?.verified, false)
})
