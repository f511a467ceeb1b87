import type { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { decodedFrom } from '../input-file.ts'
import { jsonText, type Output } from '../output.ts'
import { keepTrust } from '../service/evidence.ts'
import { waited } from '../service/progress.ts'
import { type VmOptions, vmPath, vmVerb } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'

interface Options extends VmOptions {
  readonly audience: string
  readonly nonce?: string
  readonly key?: string
}

const JWK_BYTES_MAX = 8 * 1024

/** `tl vm token`: a VM's verdict, signed for a relying party. */
export function vmTokenCommand(output: Output, done: (code: ExitCode) => void): Command {
  return vmVerb('token', "a VM's verdict, signed for a relying party")
    .description(
      'Prints a token of the newest verdict, which the relying party verifies with the keys that the control plane publishes. With --nonce or --key the VM is asked anew, by a quote that covers them.',
    )
    .requiredOption('--audience <name>', 'whom it is for: nobody else takes it')
    .option('--nonce <text>', "the relying party's, 8 to 88 characters: so that it is new")
    .option('--key <file>', 'a public JWK that the token is bound to (cnf)')
    .addHelpText(
      'after',
      `
Examples:
  tl vm token web --audience https://relying.example > token.jwt
  tl vm token web --audience https://relying.example --nonce "$nonce" --key key.jwk
  tl token verify token.jwt --audience https://relying.example

It is good for an hour at most, and never for longer than until the next verdict is due.`,
    )
    .action(async (name: string, options: Options) => {
      const answer = await withService(async (connection) => {
        const { audience, nonce, key } = options
        const path = `${vmPath(connection, name, options)}/providers/TrustedLaunch/token`
        const body = {
          audience,
          ...(nonce !== undefined && { nonce }),
          ...(key !== undefined && { key: await jwkIn(key) }),
        }
        const { client } = connection
        const asked = await client.ask('POST', path, body)
        await keepTrust(connection)
        if (asked.operationUrl === null) return asked.body
        await waited(connection, `attesting ${name}`, asked.operationUrl, output)
        return client.get(asked.resultUrl!)
      })
      const { token } = answer as { token: string }
      output.out(options.json === true ? jsonText(answer) : `${token}\n`)
      done(EXIT.affirming)
    })
}

async function jwkIn(file: string): Promise<never> {
  const { parseWritten } = await import('@trusted-launch/attestation')
  return decodedFrom(file, 'a JSON Web Key', JWK_BYTES_MAX, (bytes) =>
    parseWritten(bytes, (value) => value, { max: JWK_BYTES_MAX }),
  ) as never
}
