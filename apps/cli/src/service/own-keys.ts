import { decodedFrom } from '../input-file.ts'
import { certificatesFrom } from '../trust.ts'

/** Which keys the firmware of VMs begins with, as it is said on a command line: files of certificates, PEM or DER. */
export interface OwnKeys {
  readonly template?: readonly string[]
  readonly pk?: string
  readonly kek?: readonly string[]
  readonly db?: readonly string[]
  readonly dbx?: readonly string[]
}

/** Azure's names of what firmware may begin with. */
export const KEY_TEMPLATES: Readonly<Record<string, string>> = {
  none: 'NoSignatureTemplate',
  uefi: 'MicrosoftUefiCertificateAuthorityTemplate',
  windows: 'MicrosoftWindowsTemplate',
}

const CERTIFICATES_MAX = 64 << 10

/** A version's `securityProfile`; null: it begins with its system's own keys. @throws {UsageError} no certificate. */
export function securityWith(keys: OwnKeys): Record<string, any> | null {
  const { template = [], pk } = keys
  const lists = (['kek', 'db', 'dbx'] as const).flatMap((list) => {
    const files = keys[list] ?? []
    return files.length === 0 ? [] : [[list, files.map(certificatesOf)] as const]
  })
  if (template.length === 0 && pk === undefined && lists.length === 0) return null
  const additionalSignatures = {
    ...(pk !== undefined && { pk: certificatesOf(pk) }),
    ...Object.fromEntries(lists),
  }
  return {
    uefiSettings: {
      ...(template.length > 0 && {
        signatureTemplateNames: template.map((name) => KEY_TEMPLATES[name]!),
      }),
      ...(Object.keys(additionalSignatures).length > 0 && { additionalSignatures }),
    },
  }
}

function certificatesOf(file: string): { type: 'x509'; value: string[] } {
  const read = (bytes: Uint8Array) => certificatesFrom(bytes).map(({ der }) => der)
  const all = decodedFrom(file, 'a certificate', CERTIFICATES_MAX, read)
  return { type: 'x509', value: all.map((der) => Buffer.from(der).toString('base64')) }
}
