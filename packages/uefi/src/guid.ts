import { type Codec, fromHex, MalformedError, toHex } from '@trusted-launch/codec'

const pattern = /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/
/** Where the bytes of the text stand in the structure: the first three groups are little endian. */
const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
const turned = new Uint8Array(16)

/**
 * A GUID as text, lowercase with dashes: `8be4df61-93ca-11d2-aa0d-00e098032b8c`.
 * @param guid 16 bytes, the first three groups little endian. UEFI 2.10, appendix A.
 */
export function formatGuid(guid: Uint8Array): string {
  for (let i = 0; i < 16; i++) turned[i] = guid[order[i]!]!
  const hex = toHex(turned)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The 16 bytes of a GUID's text. @throws {MalformedError} anything but 8-4-4-4-12 digits. */
export function parseGuid(text: string): Uint8Array {
  if (!pattern.test(text)) throw new MalformedError('GUID', 0, 'not 8-4-4-4-12 digits')
  const plain = fromHex(text.replaceAll('-', ''))
  return Uint8Array.from(order, (at) => plain[at]!)
}

/** EFI_GUID as its text. UEFI 2.10, 2.3.1. */
export const EFI_GUID: Codec<string> = {
  name: 'EFI_GUID',
  read: (from) => formatGuid(from.take(16)),
  write: (to, value) => to.put(parseGuid(value)),
}

/** GUIDs by the names their specifications give them. */
export const GUIDS = Object.freeze({
  EFI_GLOBAL_VARIABLE: '8be4df61-93ca-11d2-aa0d-00e098032b8c',
  EFI_IMAGE_SECURITY_DATABASE_GUID: 'd719b2cb-3d3a-4596-a3bc-dad00e67656f',
  EFI_CERT_SHA1_GUID: '826ca512-cf10-4ac9-b187-be01496631bd',
  EFI_CERT_SHA256_GUID: 'c1c41626-504c-4092-aca9-41f936934328',
  EFI_CERT_SHA384_GUID: 'ff3e5307-9fd0-48c9-85f1-8ad56c701e01',
  EFI_CERT_SHA512_GUID: '093e0fae-a6c4-4f50-9f1b-d41e2b89c19a',
  EFI_CERT_RSA2048_GUID: '3c5766e8-269c-4e34-aa14-ed776e85b3b6',
  EFI_CERT_X509_GUID: 'a5c059a1-94e4-4aa7-87b5-ab155c2bf072',
  EFI_CERT_X509_SHA256_GUID: '3bd2a492-96c0-4079-b420-fcf98ef103ed',
  EFI_CERT_X509_SHA384_GUID: '7076876e-80c2-4ee6-aad2-28b349a6865b',
  EFI_CERT_X509_SHA512_GUID: '446dbf63-2502-4cda-bcfa-2465d2b0fe9d',
  EFI_CERT_TYPE_PKCS7_GUID: '4aafd29d-68df-49ee-8aa9-347d375665a7',
  EFI_SECURE_BOOT_ENABLE_DISABLE_GUID: 'f0a30bc7-af08-4556-99c4-001009c93a44',
  EFI_CUSTOM_MODE_ENABLE_GUID: 'c076ec0c-7028-4399-a072-71ee5c448b9f',
  EFI_VARIABLE_GUID: 'ddcf3616-3275-4164-98b6-fe85707ffe7d',
  EFI_AUTHENTICATED_VARIABLE_GUID: 'aaf32c78-947b-439a-a180-2e144ec37792',
  EFI_SYSTEM_NV_DATA_FV_GUID: 'fff12b8d-7696-4c8b-a985-2747075b4f50',
  EDKII_WORKING_BLOCK_SIGNATURE_GUID: '9e58292b-7c68-497d-a0ce-6500fd9f1b95',
  SHIM_LOCK_GUID: '605dab50-e046-4300-abb6-3dd810dd8b23',
  /** The owner that Microsoft writes beside its certificates and hashes. */
  MICROSOFT_SIGNATURE_OWNER: '77fa9abd-0359-4d32-bd60-28f4e78f784b',
  GPT_ESP: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  MEMORY_TYPE_INFORMATION: '4c19049f-4137-4dd3-9c10-8b97a83ffdfa',
})

const names = new Map(Object.entries(GUIDS).map(([name, guid]) => [guid, name]))

/** The specification's name of a known GUID; an unknown one is its own name. */
export function nameOfGuid(guid: string): string {
  return names.get(guid.toLowerCase() as never) ?? guid
}
