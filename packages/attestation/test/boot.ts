import type { Evidence } from '@trusted-launch/channel'
import { concat, encode, fromLatin1, toHex, toUtf8 } from '@trusted-launch/codec'
import { digest, type HashName } from '@trusted-launch/crypto'
import {
  ACTION,
  BANKS,
  type Bank,
  buildEventLog,
  EV,
  encodeEventLog,
  encodeImaList,
  encodeTemplateData,
  extend,
  type NewEvent,
  replay,
} from '@trusted-launch/eventlog'
import {
  certificateList,
  SignatureDatabase,
  UEFI_VARIABLE_DATA,
  VARIABLES,
  type VariableName,
} from '@trusted-launch/uefi'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import { COMPONENT } from '../src/component.ts'
import type { ReferenceValues } from '../src/reference-values.ts'
import { PINNED_PCRS, type ReferenceVariant } from '../src/reference-variant.ts'
import { anchor, inputOf, quoteOf, valuesOf } from './attester.ts'

/** An event of a made-up boot, with the component it is of. */
export interface Step extends NewEvent {
  readonly component: string
  readonly description: string
  readonly path: string | null
}

const owner = '77fa9abd-0359-4d32-bd60-28f4e78f784b'
/** SHA-256 and SHA-384, as a VM with both banks has them. */
export const banks: readonly HashName[] = ['sha256', 'sha384']

export function step(
  pcrIndex: number,
  eventType: number,
  data: Uint8Array,
  measured: Uint8Array = data,
  about: { component?: string; description?: string; path?: string } = {},
): Step {
  const digests = new Map<Bank, Uint8Array>(
    banks.map((bank) => [bank as Bank, digest(bank, measured)]),
  )
  return {
    pcrIndex,
    eventType,
    digests,
    data,
    component: about.component ?? COMPONENT.bootManager,
    description: about.description ?? '',
    path: about.path ?? null,
  }
}

export const separator = (pcr: number, value = 0) =>
  step(pcr, EV.SEPARATOR, Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24))
export const action = (pcr: number, text: string) => step(pcr, EV.EFI_ACTION, fromLatin1(text))
/** An image: its digest is of its content, its data is nobody's. */
export const image = (component: string, content: string, path = '') =>
  step(4, EV.EFI_BOOT_SERVICES_APPLICATION, new Uint8Array(32), toUtf8(content), {
    component,
    path,
  })
export const file = (component: string, content: string, path: string) =>
  step(9, EV.IPL, fromLatin1(`${path}\0`), toUtf8(content), { component, path })
export const grub = (text: string) =>
  step(8, EV.IPL, fromLatin1(`grub_cmd: ${text}\0`), fromLatin1(text), {
    component: COMPONENT.grubConfiguration,
    description: text,
  })
export const commandLine = (text: string) =>
  step(8, EV.IPL, fromLatin1(`kernel_cmdline: ${text}\0`), fromLatin1(text), {
    component: COMPONENT.kernelCommandLine,
    description: text,
  })

export function variable(
  eventType: number,
  { name, guid }: VariableName,
  value: Uint8Array,
  component: string = COMPONENT.secureBootVariables,
) {
  const data = encode(UEFI_VARIABLE_DATA, {
    variableName: guid,
    unicodeName: name,
    variableData: value,
  })
  return step(7, eventType, data, data, { component, description: name })
}

export const configured = (name: VariableName, value: Uint8Array) =>
  variable(EV.EFI_VARIABLE_DRIVER_CONFIG, name, value)
export const authority = (name: VariableName, value: Uint8Array) =>
  variable(
    EV.EFI_VARIABLE_AUTHORITY,
    name,
    value,
    name === VARIABLES.db ? COMPONENT.secureBoot : COMPONENT.shim,
  )

const database = (der: Uint8Array) => encode(SignatureDatabase, [certificateList(owner, der)])
/** The value of an authority: owner and certificate. */
export const signer = concat(
  encode(SignatureDatabase, [certificateList(owner, anchor.der)]).subarray(28, 44),
  anchor.der,
)

/** A boot like the small guest's: OVMF, shim, GRUB, kernel, initrd. */
export function cleanBoot(): Step[] {
  const keys = database(anchor.der)
  const volume = (text: string) =>
    step(0, EV.EFI_PLATFORM_FIRMWARE_BLOB, new Uint8Array(16), toUtf8(text))
  const firmware = [
    step(0, EV.S_CRTM_VERSION, new Uint8Array(2)),
    volume('PEIFV'),
    volume('DXEFV'),
    configured(VARIABLES.SecureBoot, Uint8Array.of(1)),
    configured(VARIABLES.PK, keys),
    configured(VARIABLES.KEK, keys),
    configured(VARIABLES.db, keys),
    configured(VARIABLES.dbx, new Uint8Array()),
    separator(7),
    action(4, ACTION.callingApplication),
  ]
  const loaders = [
    step(5, EV.EFI_GPT_EVENT, toUtf8('gpt'), undefined, { component: COMPONENT.partitionTable }),
    authority(VARIABLES.db, signer),
    image(COMPONENT.shim, 'shim', 'EFI/BOOT/BOOTX64.EFI'),
    authority(VARIABLES.SbatLevel, toUtf8('sbat,1\n')),
    step(14, EV.IPL, fromLatin1('MokList\0'), toUtf8('mok'), { component: COMPONENT.mok }),
    authority(VARIABLES.MokListRT, signer),
    image(COMPONENT.grub, 'grub', 'EFI/BOOT/grubx64.efi'),
    file(COMPONENT.grubConfiguration, 'cfg', '/EFI/debian/grub.cfg'),
    grub('linuxefi /vmlinuz quiet'),
    file(COMPONENT.kernel, 'kernel', '/vmlinuz'),
    image(COMPONENT.kernel, 'kernel image', '/vmlinuz'),
    commandLine('/vmlinuz quiet'),
    file(COMPONENT.initrd, 'initrd', '/initrd.img'),
    image(COMPONENT.kernel, 'kernel image', '/vmlinuz'),
    action(5, ACTION.exitBootServicesInvocation),
    action(5, ACTION.exitBootServicesSucceeded),
  ]
  return [...firmware, ...[0, 1, 2, 3, 4, 5, 6].map((pcr) => separator(pcr)), ...loaders]
}

/** The module that the kernel's key signed, by its SHA-256. */
export const signedModule = digest('sha256', toUtf8('signed module'))

/** Reference values of a boot: it alone, with these changes. */
export function referencesOf(
  steps: readonly Step[],
  changes: Partial<ReferenceVariant> = {},
): ReferenceValues {
  return { version: 2, variants: [{ ...variantOf(steps), ...changes }] }
}

/** A boot as a variant, foretold. */
export function variantOf(steps: readonly Step[]): ReferenceVariant {
  const log = buildEventLog(banks as Bank[], steps)
  const hex = (digests: ReadonlyMap<Bank, Uint8Array>) =>
    Object.fromEntries(banks.map((bank) => [bank, toHex(digests.get(bank as Bank)!)]))
  const pcrs = PINNED_PCRS.map((pcr) => {
    const events = steps
      .filter(({ pcrIndex }) => pcrIndex === pcr)
      .map(({ component, description, path, digests }) => ({
        component,
        description,
        path,
        digests: hex(digests),
      }))
    const values = Object.fromEntries(
      banks.map((bank) => [bank, toHex(replay(log, bank).pcrs.get(pcr)!.value)]),
    )
    return [String(pcr), { events, values }]
  })
  const [version, peifv, dxefv] = steps
  return {
    name: 'small',
    origins: [{ kind: 'image', name: 'small', sha256: '00'.repeat(32) }],
    approval: 'not-needed',
    banks,
    variables: { secureBoot: true, PK: null, KEK: null, db: null, dbx: null },
    bounds: null,
    firmware: {
      sha256: '11'.repeat(32),
      crtmVersion: hex(version!.digests),
      dxefv: hex(dxefv!.digests),
      learnt: [
        {
          firmwareSha256: '11'.repeat(32),
          memoryMiB: 512,
          vcpus: 1,
          accelerator: 'tcg',
          digests: hex(peifv!.digests),
        },
      ],
    },
    pcrs: Object.fromEntries(pcrs),
    kernel: {
      commandLine: '/vmlinuz quiet',
      modules: [{ path: '/lib/modules/6.1/good.ko', sha256: toHex(signedModule) }],
    },
  }
}

/** What IMA wrote down after a boot: the aggregate, then these files by SHA-256; null: it measured nothing. */
export type Measured = readonly { readonly name: string; readonly sha256: Uint8Array }[]

/** Evidence of a boot, genuine to the last byte, and what is expected of it. */
export function evidenceOf(
  steps: readonly Step[],
  options: {
    references?: ReferenceValues | null
    measured?: Measured | null
    aggregate?: Uint8Array
    /** Banks that the kernel extends with SHA-1 digests padded by zeros. */
    padded?: readonly HashName[]
    evidence?: Partial<Evidence>
  } = {},
): AppraisalInput {
  const log = buildEventLog(banks as Bank[], steps)
  const replays = new Map(banks.map((bank) => [bank, replay(log, bank)]))
  const { measured = [] } = options
  const list = measured ? imaList(replays.get('sha256')!, { ...options, measured }) : null
  const quotes = banks.map((bank) => {
    const values = new Map([...replays.get(bank)!.pcrs].map(([pcr, { value }]) => [pcr, value]))
    if (list !== null) values.set(10, list.values.get(bank)!)
    return quoteOf(bank, valuesOf(bank, values))
  })
  const imaLog = list === null ? null : list.bytes
  const input = inputOf(quotes, encodeEventLog(log), { imaLog, ...options.evidence })
  const references =
    options.references === undefined ? referencesOf(cleanBoot()) : options.references
  const accelerator = 'tcg' as const
  const machine = { firmwareSha256: '11'.repeat(32), memoryMiB: 512, vcpus: 1, accelerator }
  return { ...input, references, expectation: { ...input.expectation, machine } }
}

function imaList(
  replayed: ReturnType<typeof replay>,
  {
    measured,
    aggregate,
    padded = [],
  }: { measured?: Measured | null; aggregate?: Uint8Array; padded?: readonly HashName[] },
) {
  const first = Array.from({ length: 10 }, (_, pcr) => replayed.pcrs.get(pcr)!.value)
  const own = aggregate ?? digest('sha256', ...first)
  const files = [{ name: 'boot_aggregate', sha256: own }, ...measured!]
  const entries = files.map(({ name, sha256 }) => {
    const templateData = encodeTemplateData({ algorithm: 'sha256', digest: sha256 }, name)
    const templateHash = digest('sha1', templateData)
    return { pcrIndex: 10, templateHash, templateName: 'ima-ng', templateData, violation: false }
  })
  const values = new Map(
    banks.map((bank) => [
      bank,
      entries.reduce<Uint8Array>(
        (value, { templateData }) => extend(bank, value, extendedBy(bank, templateData)),
        new Uint8Array(BANKS[bank].size),
      ),
    ]),
  )
  return { bytes: encodeImaList(entries), values }

  function extendedBy(bank: HashName, templateData: Uint8Array): Uint8Array {
    if (!padded.includes(bank)) return digest(bank, templateData)
    const short = new Uint8Array(BANKS[bank].size)
    short.set(digest('sha1', templateData))
    return short
  }
}
