import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/**
 * What a guest's /etc/shadow keeps of a password: SHA-512 of crypt(5), made by openssl(1), given by a pipe.
 * @param salt of another hash, to be held against it; by default a new one.
 */
export async function hashPassword(password: string, salt: string | null = null): Promise<string> {
  const salted = salt === null ? [] : ['-salt', salt]
  const child = spawn('openssl', ['passwd', '-6', ...salted, '-stdin'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  child.stdin.end(`${password}\n`)
  const [hash, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  if (code !== 0) throw new Error('openssl passwd failed')
  return hash.trim()
}
