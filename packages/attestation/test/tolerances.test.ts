import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, encode, fromLatin1, toUtf8, toUtf16le } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import {
  ACTION,
  type Bank,
  buildEventLog,
  EV,
  type EventLogFormat,
  encodeEventLog,
  replay,
} from '@trusted-launch/eventlog'
import { UEFI_VARIABLE_DATA, VARIABLES } from '@trusted-launch/uefi'
import { appraiseEventLog, type EventLogInput } from '../src/appraise-event-log.ts'
import type { Profile } from '../src/profile.ts'
import { TOLERANCES, type ToleranceName } from '../src/tolerances.ts'
import { isVariable, withStep } from './appraised.ts'
import {
  action,
  authority,
  banks,
  cleanBoot,
  configured,
  image,
  type Step,
  separator,
  signer,
} from './boot.ts'
import { given, withPcrs } from './given.ts'

/** An event that measures this, whatever its data says. */
function event(pcrIndex: number, eventType: number, data: Uint8Array, measured = data): Step {
  const digests = new Map(banks.map((bank) => [bank as Bank, digest(bank, measured)]))
  return { pcrIndex, eventType, data, digests, component: '', description: '', path: null }
}

/** Put before the first step that fits. */
function before(fits: (step: Step) => boolean, ...more: Step[]): Step[] {
  const boot = cleanBoot()
  const at = boot.findIndex(fits)
  assert.ok(at >= 0)
  return boot.toSpliced(at, 0, ...more)
}

const isImage = ({ eventType }: Step) => eventType === EV.EFI_BOOT_SERVICES_APPLICATION
const isEnd = ({ pcrIndex, eventType }: Step) => pcrIndex === 5 && eventType === EV.EFI_ACTION
const content = toUtf8('content')
const tag = Uint8Array.of(0xff, 0, 0, 0, 1, 0, 0, 0, 7)

/** The same boot in the SHA-1 bank alone. */
function inSha1(format: EventLogFormat, steps: readonly Step[] = cleanBoot()) {
  return (profile: Profile): EventLogInput => {
    const made = steps.map((step) => ({
      ...step,
      digests: new Map([['sha1' as const, digest('sha1', measuredOf(step))]]),
    }))
    const { events, ...log } = buildEventLog(['sha1'], made)
    const written = { ...log, format, events: format === 'tcg-1.2' ? events.slice(1) : events }
    const values = [...replay({ ...written, events }, 'sha1').pcrs].map(
      ([pcr, { value }]) => [pcr, value] as const,
    )
    const pcrs = new Map([['sha1' as const, new Map(values.filter(([pcr]) => pcr < 16))]])
    const eventLog = encodeEventLog(written)
    return { eventLog, imaLog: null, userspaceLog: null, pcrs, profile }
  }
}

/** GRUB does not measure its prefixes; a variable's value is all that some firmware for TPM 1.2 does. */
function measuredOf({ data, path }: Step): Uint8Array {
  const [, text] = /^(?:grub_cmd|kernel_cmdline): (.*)\0$/s.exec(String.fromCharCode(...data)) ?? []
  if (path === 'value') return data.subarray(data.length - 1)
  return text === undefined ? data : fromLatin1(text)
}

function valueOnly(): Step[] {
  const secureBoot = configured(VARIABLES.SecureBoot, Uint8Array.of(1))
  return withStep(isVariable('SecureBoot'), { ...secureBoot, path: 'value' })
}

function extraByte(): Step {
  const data = encode(UEFI_VARIABLE_DATA, {
    variableName: VARIABLES.MokListRT.guid,
    unicodeName: 'MokListRT',
    variableData: signer,
  })
  return event(7, EV.EFI_VARIABLE_AUTHORITY, concat(data, Uint8Array.of(0)), data)
}

const logOf = (steps: Step[]) => (profile: Profile) => given(steps, profile)

const uses: Readonly<Record<ToleranceName, (profile: Profile) => EventLogInput>> = {
  'tcg-1.2-format': inSha1('tcg-1.2'),
  'sha1-only': inSha1('crypto-agile'),
  'register-without-log': (profile) =>
    withPcrs(given(cleanBoot(), profile), (pcrs) => pcrs.set(10, pcrs.get(0)!)),
  'type-unexpected': logOf(before(isImage, event(1, 0x12345678, tag, content))),
  'variable-data-only': inSha1('tcg-1.2', valueOnly()),
  'authority-extra-byte': logOf(withStep(isVariable('MokListRT'), extraByte())),
  'event-tag-unexplained': logOf(before(isEnd, event(9, EV.EVENT_TAG, tag, content))),
  'stub-archive': logOf(
    before(isEnd, event(12, EV.IPL, toUtf16le('Credentials initrd\0'), content)),
  ),
  'crtm-version-unexplained': logOf(
    withStep(
      ({ eventType }) => eventType === EV.S_CRTM_VERSION,
      event(0, EV.S_CRTM_VERSION, fromLatin1('v1'), content),
    ),
  ),
  'separator-above-7': logOf(before(isEnd, separator(13))),
  'driver-after-separator': logOf(
    before(isImage, event(2, EV.EFI_BOOT_SERVICES_DRIVER, new Uint8Array(32), content)),
  ),
  'secure-boot-empty': logOf(
    withStep(isVariable('SecureBoot'), configured(VARIABLES.SecureBoot, new Uint8Array())),
  ),
  'authority-repeated': logOf(before(isEnd, authority(VARIABLES.db, signer))),
  'application-before-call': logOf(
    cleanBoot().filter(({ pcrIndex, eventType }) => pcrIndex !== 4 || eventType !== EV.EFI_ACTION),
  ),
  'second-call': logOf(
    before(
      isImage,
      action(4, ACTION.returningFromApplication),
      action(4, ACTION.callingApplication),
    ),
  ),
  'exit-boot-services-missing': logOf(cleanBoot().filter((step) => !isEnd(step))),
}

/** What comes with it: there is no TPM 1.2 log of a better bank. */
const companions: Readonly<Partial<Record<ToleranceName, readonly ToleranceName[]>>> = {
  'tcg-1.2-format': ['sha1-only'],
  'variable-data-only': ['tcg-1.2-format', 'sha1-only'],
}

for (const name of Object.keys(TOLERANCES) as ToleranceName[]) {
  test(`${name} is refused in strict`, () => {
    const { verified, findings, secureBoot } = appraiseEventLog(uses[name]('strict'))
    assert.equal(verified, false)
    assert.equal(secureBoot, 'unverified')
    assert.equal(findings[0]?.severity, 'high')
    assert.ok(findings.every(({ id }) => !id.startsWith('tolerated.')))
  })

  test(`${name} is tolerated in pc-client and told, and nothing else is found`, () => {
    const { verified, findings } = appraiseEventLog(uses[name]('pc-client'))
    assert.equal(verified, true, findings[0]?.summary)
    const expected = [name, ...(companions[name] ?? [])].map((one) => `tolerated.${one}`)
    assert.deepEqual(new Set(findings.map(({ id }) => id)), new Set(expected))
    assert.ok(findings.every(({ severity }) => severity === TOLERANCES[name].severity))
    assert.ok(findings.some(({ summary }) => summary.includes(TOLERANCES[name].what)))
  })
}

test('no tolerance makes a claim true', () => {
  const clean = appraiseEventLog(given()).claims
  for (const [name, use] of Object.entries(uses)) {
    const { claims } = appraiseEventLog(use('pc-client'))
    for (const [claim, { value, verified }] of Object.entries(claims)) {
      if (value === true && verified)
        assert.deepEqual(clean[claim]?.value, true, `${name}: ${claim}`)
      if (value === null) assert.equal(verified, false)
    }
  }
})

test('a variable without its name says nothing of Secure Boot, nor a log without its end of a kernel', () => {
  const nameless = appraiseEventLog(uses['variable-data-only']('pc-client'))
  assert.equal(nameless.secureBoot, 'unverified')
  assert.equal(nameless.claims['secure-boot']?.verified, false)
  const endless = appraiseEventLog(uses['exit-boot-services-missing']('pc-client'))
  assert.equal(endless.claims['os-present']?.verified, false)
  assert.equal(appraiseEventLog(uses['secure-boot-empty']('pc-client')).secureBoot, 'off')
})

/** What looks like a tolerated deviation and may hide something. */
const refused: Readonly<Record<string, Step[]>> = {
  'an unknown type in PCR 7': before(isEnd, event(7, 0x12345678, tag)),
  'an unknown type in PCR 4, which may be an image': before(
    isEnd,
    event(4, 0x12345678, tag, content),
  ),
  'an image that says it is a driver': withStep(isImage, {
    ...image('shim', 'shim'),
    eventType: EV.EFI_BOOT_SERVICES_DRIVER,
  }),
  'a command line that says it is a hash': before(isEnd, event(8, EV.COMPACT_HASH, tag, content)),
  'a separator above PCR 7 that measures something else': before(
    isEnd,
    event(13, EV.SEPARATOR, new Uint8Array(4), content),
  ),
  'an unexplained tag in another register than PCR 9': before(
    isEnd,
    event(12, EV.EVENT_TAG, tag, content),
  ),
  'an authority two bytes longer than what was measured': withStep(isVariable('MokListRT'), {
    ...extraByte(),
    data: concat(extraByte().data, Uint8Array.of(0)),
  }),
  'a second call while the first still runs': before(isImage, action(4, ACTION.callingApplication)),
  'an end of the firmware that it was not asked for': cleanBoot().filter(
    (step) => !isEnd(step) || step.data.length !== ACTION.exitBootServicesInvocation.length,
  ),
  'an image after the separator of PCR 2': before(isEnd, {
    ...image('shim', 'x'),
    pcrIndex: 2,
  }),
  'a variable without its name in a log of more than SHA-1': withStep(
    isVariable('SecureBoot'),
    event(
      7,
      EV.EFI_VARIABLE_DRIVER_CONFIG,
      configured(VARIABLES.SecureBoot, Uint8Array.of(1)).data,
      Uint8Array.of(1),
    ),
  ),
}

for (const [what, steps] of Object.entries(refused))
  test(`${what} is refused in both profiles`, () => {
    for (const profile of ['strict', 'pc-client'] as const)
      assert.equal(appraiseEventLog(given(steps, profile)).verified, false, profile)
  })

test('Windows goes on in its own registers after the firmware ended, and nobody goes on in its', () => {
  const after = (pcr: number) => [...cleanBoot(), event(pcr, EV.EVENT_TAG, tag)]
  assert.equal(appraiseEventLog(given(after(13), 'pc-client')).verified, true)
  assert.equal(appraiseEventLog(given(after(13), 'strict')).verified, false)
  assert.equal(appraiseEventLog(given(after(5), 'pc-client')).verified, false)
})
