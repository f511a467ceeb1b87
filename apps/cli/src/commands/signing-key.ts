import { digestHex } from '@trusted-launch/crypto'
import { Command, Option } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { decodedFrom, readInput } from '../input-file.ts'
import { jsonText, type Output } from '../output.ts'
import { secretFrom } from '../service/secret-input.ts'
import {
  isEncrypted,
  type KeptSigningKey,
  keepSigningKey,
  keptSigningKey,
  pemOf,
  requireFreeName,
  signingKeyNames,
} from '../signing-keys.ts'
import { fieldsText, tableText } from '../table.ts'
import { certificatesFrom } from '../trust.ts'

const FILE_BYTES_MAX = 64 << 10

/** `tl signing-key …`: keys of one's own, which sign what boots. They stay with whoever types. */
export function signingKeyCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('signing-key')
    .summary('keys of your own that sign what VMs boot')
    .description(
      'Keys that tl image sign signs with. They are kept in your configuration folder, readable by you alone; no control plane ever sees them. Firmware knows a key by its certificate.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  tl signing-key create ours\n  tl signing-key show ours --certificate > ours.pem',
    )
    .addCommand(createCommand(output, done))
    .addCommand(importCommand(output, done))
    .addCommand(listCommand(output, done))
    .addCommand(showCommand(output, done))
}

const newKey = () => import('../new-signing-key.ts')

function createCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('create')
    .summary('make an RSA key and a certificate for it')
    .argument('<key>', 'how it is to be called: the name in its certificate, too')
    .option('--json', 'one JSON document')
    .addHelpText('after', '\nExamples:\n  tl signing-key create ours')
    .action(async (name: string, { json }: { json?: boolean }) => {
      requireFreeName(name)
      const { keyPem, certificate } = (await newKey()).newSigningKey(name)
      tell(keepSigningKey(name, keyPem, certificate), json, 'made', output)
      done(EXIT.affirming)
    })
}

interface Imported {
  readonly privateKey: string
  readonly certificate: string
  readonly json?: boolean
}

function importCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('import')
    .summary('keep a key and a certificate that others made')
    .description(
      'Keeps an RSA key of 2048 bits or more (PEM) with its certificate (PEM or DER). A key that is encrypted stays so: its password is asked for now and at each signature, typed unseen, or the first line of standard input.',
    )
    .argument('<key>', 'how it is to be called')
    .requiredOption('--private-key <file>', 'PEM, of PKCS #8 or OpenSSL’s older form')
    .requiredOption('--certificate <file>', 'the one of that key, valid now')
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  tl signing-key import ours --private-key db.key --certificate db.pem',
    )
    .action(async (name: string, given: Imported) => {
      requireFreeName(name)
      const certificates = decodedFrom(
        given.certificate,
        'a certificate',
        FILE_BYTES_MAX,
        certificatesFrom,
      )
      const file = Buffer.from(readInput(given.privateKey, FILE_BYTES_MAX)).toString('latin1')
      const { foreignSigningKey } = await newKey()
      const found = await foreignSigningKey(file, certificates, passwordOf(name, output))
      tell(keepSigningKey(name, found.keyPem, found.certificate), given.json, 'kept', output)
      done(EXIT.affirming)
    })
}

/** Asks for the password of a key that is encrypted. */
export const passwordOf =
  (name: string, { err }: Output) =>
  () =>
    secretFrom(`password of ${name}: `, err)

function listCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('list')
    .summary('your signing keys')
    .option('--json', 'one JSON document')
    .addHelpText('after', '\nExamples:\n  tl signing-key list')
    .action(({ json }: { json?: boolean }) => {
      const keys = signingKeyNames().map((name) => viewOf(keptSigningKey(name)))
      const rows = keys.map(({ name, subject, notAfter, encrypted }) => [
        ...[name, subject, notAfter.slice(0, 10), encrypted ? 'yes' : 'no'],
      ])
      const text = tableText(['name', 'certificate', 'valid until', 'password'], rows, output.width)
      output.out(json === true ? jsonText(keys) : rows.length === 0 ? 'no signing keys\n' : text)
      done(EXIT.affirming)
    })
}

const FORMS = ['pem', 'base64'] as const

function showCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('show')
    .summary('a signing key’s certificate, and where it is kept')
    .argument('<key>', 'its name')
    .option('--certificate', 'nothing but the certificate, for files and for additionalSignatures')
    .addOption(
      new Option('--form <form>', 'how: PEM, or DER in base64 as additionalSignatures take it')
        .choices(FORMS)
        .default('pem'),
    )
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  tl signing-key show ours\n  tl signing-key show ours --certificate > ours.pem\n  tl signing-key show ours --certificate --form base64',
    )
    .action(
      (
        name: string,
        given: { certificate?: boolean; form: (typeof FORMS)[number]; json?: boolean },
      ) => {
        const key = keptSigningKey(name)
        if (given.certificate === true && given.json !== true)
          output.out(given.form === 'pem' ? pemOf(key.certificate) : `${viewOf(key).certificate}\n`)
        else tell(key, given.json, null, output)
        done(EXIT.affirming)
      },
    )
}

function tell(
  key: KeptSigningKey,
  json: boolean | undefined,
  deed: string | null,
  { out }: Output,
): void {
  const view = viewOf(key)
  const shown = [
    ['name', view.name],
    ['certificate', view.subject],
    ['SHA-256', view.sha256],
    ['key', `RSA, ${view.bits} bits${view.encrypted ? ', with a password' : ''}`],
    ['valid until', view.notAfter],
    ['kept in', key.folder],
  ] as const
  const next = `${deed} ${key.name}: tl image sign IMAGE --key ${key.name}\n`
  out(json === true ? jsonText(view) : deed === null ? fieldsText(shown) : next)
}

/** What may be told of a key: everything but the key. */
function viewOf({ name, certificate, keyPem }: KeptSigningKey) {
  return {
    ...{ name, subject: certificate.subject, sha256: digestHex('sha256', certificate.der) },
    bits: certificate.publicKey.bits,
    notBefore: new Date(certificate.notBefore).toISOString(),
    notAfter: new Date(certificate.notAfter).toISOString(),
    encrypted: isEncrypted(keyPem),
    certificate: Buffer.from(certificate.der).toString('base64'),
  }
}
