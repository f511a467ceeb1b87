import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fromUtf8 } from '@trusted-launch/codec'
import { UsageError } from '../exit-code.ts'
import { decodedFrom, FileFault } from '../input-file.ts'
import { configFolder } from './profile.ts'

const KEY_MAX = 16 << 10
const PUBLIC_KEY = /^ssh-(?:ed25519|rsa) [A-Za-z0-9+/=]+(?: .*)?$/

/** The key that `tl` made for whoever had none. */
export function ownKey(): string {
  return join(configFolder(), 'ssh/id_ed25519')
}

/**
 * A public key for a VM's administrator: of `file`, else the user's own, else a new one of `tl`'s.
 * @param said told when a key was made. @throws {UsageError} no public key.
 */
export function publicKey(file: string | undefined, said: (text: string) => void): string {
  if (file !== undefined) return keyIn(file)
  const usual = ['id_ed25519.pub', 'id_rsa.pub'].map((name) => join(homedir(), '.ssh', name))
  const found = [...usual, `${ownKey()}.pub`].find((path) => existsSync(path))
  if (found !== undefined) return keyIn(found)
  makeKey(ownKey())
  said(`a new SSH key was made: ${ownKey()}\n`)
  return keyIn(`${ownKey()}.pub`)
}

function keyIn(file: string): string {
  const text = decodedFrom(file, 'a public SSH key', KEY_MAX, fromUtf8).trim()
  if (text.includes('PRIVATE KEY'))
    throw new UsageError(`${file}: a private key; name the public one`)
  if (!PUBLIC_KEY.test(text))
    throw new FileFault(
      file,
      'no public SSH key of RSA or Ed25519, such as ssh-keygen writes into NAME.pub',
    )
  return text
}

function makeKey(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const args = ['-q', '-t', 'ed25519', '-N', '', '-C', 'trusted-launch', '-f', path]
  const { status, error } = spawnSync('ssh-keygen', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status === 0) return
  const why = error === undefined ? 'ssh-keygen failed' : 'there is no ssh-keygen (openssh-client)'
  throw new Error(`no SSH key was found and none could be made: ${why}; --ssh-key FILE names one`)
}
