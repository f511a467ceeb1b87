import { equalBytes, fromLatin1, numbers } from '@trusted-launch/codec'

/** The most bytes an event log may have. OVMF's are 13-60 kB; a CCEL area is at most this. */
export const MAX_EVENT_LOG_SIZE = 1 << 20

/** The most PCR banks an event log may declare. */
export const MAX_BANKS = 8

/** The most bytes the `vendorInfo` of a Spec ID event may have: its size is one byte. */
export const MAX_VENDOR_INFO = 255

/** PCRs of a PC Client TPM are 0 to 23. */
export const PCR_COUNT = 24

/** A confidential VM's measurement registers. UEFI 2.10, 38.4.1. */
export const CC_REGISTER_COUNT = 5

/**
 * Event types. They are *not* measured: whoever holds the log can change them.
 * TCG PC Client Platform Firmware Profile, "Event Types".
 */
export const EV = numbers('EV', {
  PREBOOT_CERT: 0x00000000,
  POST_CODE: 0x00000001,
  UNUSED: 0x00000002,
  NO_ACTION: 0x00000003,
  SEPARATOR: 0x00000004,
  ACTION: 0x00000005,
  EVENT_TAG: 0x00000006,
  S_CRTM_CONTENTS: 0x00000007,
  S_CRTM_VERSION: 0x00000008,
  CPU_MICROCODE: 0x00000009,
  PLATFORM_CONFIG_FLAGS: 0x0000000a,
  TABLE_OF_DEVICES: 0x0000000b,
  COMPACT_HASH: 0x0000000c,
  IPL: 0x0000000d,
  IPL_PARTITION_DATA: 0x0000000e,
  NONHOST_CODE: 0x0000000f,
  NONHOST_CONFIG: 0x00000010,
  NONHOST_INFO: 0x00000011,
  OMIT_BOOT_DEVICE_EVENTS: 0x00000012,
  POST_CODE2: 0x00000013,
  EFI_EVENT_BASE: 0x80000000,
  EFI_VARIABLE_DRIVER_CONFIG: 0x80000001,
  EFI_VARIABLE_BOOT: 0x80000002,
  EFI_BOOT_SERVICES_APPLICATION: 0x80000003,
  EFI_BOOT_SERVICES_DRIVER: 0x80000004,
  EFI_RUNTIME_SERVICES_DRIVER: 0x80000005,
  EFI_GPT_EVENT: 0x80000006,
  EFI_ACTION: 0x80000007,
  EFI_PLATFORM_FIRMWARE_BLOB: 0x80000008,
  EFI_HANDOFF_TABLES: 0x80000009,
  EFI_PLATFORM_FIRMWARE_BLOB2: 0x8000000a,
  EFI_HANDOFF_TABLES2: 0x8000000b,
  EFI_VARIABLE_BOOT2: 0x8000000c,
  EFI_GPT_EVENT2: 0x8000000d,
  EFI_HCRTM_EVENT: 0x80000010,
  EFI_VARIABLE_AUTHORITY: 0x800000e0,
  EFI_SPDM_FIRMWARE_BLOB: 0x800000e1,
  EFI_SPDM_FIRMWARE_CONFIG: 0x800000e2,
  EFI_SPDM_DEVICE_POLICY: 0x800000e3,
  EFI_SPDM_DEVICE_AUTHORITY: 0x800000e4,
})

/** Hash algorithms that may name a PCR bank. TCG Algorithm Registry. */
export const TPM_ALG = numbers('TPM_ALG', {
  SHA1: 0x0004,
  SHA256: 0x000b,
  SHA384: 0x000c,
  SHA512: 0x000d,
  SM3_256: 0x0012,
  SHA3_256: 0x0027,
  SHA3_384: 0x0028,
  SHA3_512: 0x0029,
})

/** A PCR bank by the name of its hash. A log may hold banks that we can carry but not replay (SM3, SHA-3). */
export type Bank =
  | 'sha1'
  | 'sha256'
  | 'sha384'
  | 'sha512'
  | 'sm3_256'
  | 'sha3_256'
  | 'sha3_384'
  | 'sha3_512'

/** What a bank's number and digest size are. */
export const BANKS: Readonly<
  Record<Bank, { readonly algorithmId: number; readonly size: number }>
> = {
  sha1: { algorithmId: TPM_ALG.SHA1, size: 20 },
  sha256: { algorithmId: TPM_ALG.SHA256, size: 32 },
  sha384: { algorithmId: TPM_ALG.SHA384, size: 48 },
  sha512: { algorithmId: TPM_ALG.SHA512, size: 64 },
  sm3_256: { algorithmId: TPM_ALG.SM3_256, size: 32 },
  sha3_256: { algorithmId: TPM_ALG.SHA3_256, size: 32 },
  sha3_384: { algorithmId: TPM_ALG.SHA3_384, size: 48 },
  sha3_512: { algorithmId: TPM_ALG.SHA3_512, size: 64 },
}

/** The bank of an algorithm's number, undefined for one that no bank has. */
export function bankOf(algorithmId: number): Bank | undefined {
  return banksByNumber.get(algorithmId)
}

const banksByNumber: ReadonlyMap<number, Bank> = new Map(
  (Object.keys(BANKS) as Bank[]).map((bank) => [BANKS[bank].algorithmId, bank]),
)

/** The 16 bytes that say what an EV_NO_ACTION event holds. */
export const SIGNATURE = {
  specId03: 'Spec ID Event03\0',
  specId02: 'Spec ID Event02\0',
  specId00: 'Spec ID Event00\0',
  startupLocality: 'StartupLocality\0',
  sp800155: 'SP800-155 Event\0',
  sp800155Event2: 'SP800-155 Event2',
  sp800155Event3: 'SP800-155 Event3',
} as const

/** True when an EV_NO_ACTION event's data begins with `signature`. */
export function hasSignature(data: Uint8Array, signature: string): boolean {
  return equalBytes(data.subarray(0, signature.length), fromLatin1(signature))
}

/** What Windows' boot manager ends its part of a register with: PCR 12 to 14. */
export const WINDOWS_SEPARATOR = 'WBCL'

/** What firmware writes into PCRs as text: TCG PC Client Platform Firmware Profile, "EV_EFI_ACTION". */
export const ACTION = {
  callingApplication: 'Calling EFI Application from Boot Option',
  returningFromApplication: 'Returning from EFI Application from Boot Option',
  exitBootServicesInvocation: 'Exit Boot Services Invocation',
  exitBootServicesFailed: 'Exit Boot Services Returned with Failure',
  exitBootServicesSucceeded: 'Exit Boot Services Returned with Success',
  dmaProtectionDisabled: 'DMA Protection Disabled',
  debugMode: 'UEFI Debug Mode',
} as const

/**
 * The phases of a boot that systemd measures, in their order; without an initrd it begins later. systemd,
 * systemd-pcrphase.service(8); UAPI.7, Linux TPM PCR Registry.
 */
export const BOOT_PHASES: readonly string[] = [
  ...['enter-initrd', 'leave-initrd', 'sysinit', 'ready', 'shutdown', 'final'],
]
