import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { command } from './own-namespaces.ts'

/** Whoever answers has answered by then, also where much else is done. */
const PATIENCE_MS = 10_000
/** Who was to be reached would have answered by then. */
const SILENCE_MS = 1_000

/** A network namespace that stands for a machine: what it sends are packets, and who it is, it says itself. */
export class Place {
  readonly name: string
  readonly #listeners: ChildProcess[] = []

  constructor(name: string) {
    this.name = name
    command('ip', 'netns', 'add', name)
    this.ip('link', 'set', 'lo', 'up')
  }

  /** Its interface is the other end of one in another namespace; null: of the test's own. */
  plug(other: string, namespace: string | null, mac: string): void {
    const there = namespace === null ? [] : ['netns', namespace]
    const peer = ['peer', 'name', 'eth0', 'address', mac, 'netns', this.name]
    command('ip', 'link', 'add', 'name', other, ...there, 'type', 'veth', ...peer)
    this.ip('link', 'set', 'eth0', 'up')
  }

  ip(...args: string[]): string {
    return command('ip', '-n', this.name, ...args)
  }

  /** In place of what it had. */
  address(address: string, router: string): void {
    this.ip('address', 'flush', 'dev', 'eth0')
    this.ip('address', 'add', address, 'dev', 'eth0')
    this.ip('route', 'replace', 'default', 'via', router)
  }

  mac(mac: string): void {
    this.ip('link', 'set', 'eth0', 'address', mac)
  }

  run(program: string, ...args: string[]): { status: number | null; stdout: string } {
    const inside = ['netns', 'exec', this.name, program, ...args]
    return spawnSync('ip', inside, { encoding: 'utf8', timeout: 15_000 })
  }

  /** TCP servers that tell whoever connects from where he comes, and whom he found. */
  async listen(...ports: number[]): Promise<void> {
    const script = `const ports = [${ports}]; let left = ports.length
      for (const port of ports) require('net').createServer((c) => { c.on('error', () => {}); c.end(c.remoteAddress + ' ${this.name}') })
        .listen(port, '0.0.0.0', () => { if (--left === 0) console.log('ready') })`
    const args = ['netns', 'exec', this.name, process.execPath, '-e', script]
    const server = spawn('ip', args, { stdio: ['ignore', 'pipe', 'ignore'] })
    this.#listeners.push(server)
    await once(server.stdout, 'data')
  }

  /** From where it is asked, as such a server says; null: it is not reached. */
  ask(address: string, port: number): string | null {
    return answerOf(this.run(process.execPath, '-e', asking(address, port, PATIENCE_MS)))
  }

  /** Who answers. */
  asked(address: string, port: number, patienceMs = PATIENCE_MS): string | null {
    return answerOf(this.run(process.execPath, '-e', asking(address, port, patienceMs)), 1)
  }

  /** A server of HTTP that says only how it is. */
  async serve(port: number, status: number): Promise<ChildProcess> {
    const script = `require('http').createServer((_, answer) => answer.writeHead(${status}).end())
      .listen(${port}, '0.0.0.0', () => console.log('ready'))`
    const args = ['netns', 'exec', this.name, process.execPath, '-e', script]
    const server = spawn('ip', args, { stdio: ['ignore', 'pipe', 'ignore'] })
    this.#listeners.push(server)
    await once(server.stdout, 'data')
    return server
  }

  /** The same of one that is not to be reached. */
  misses(address: string, port: number): boolean {
    return answerOf(this.run(process.execPath, '-e', asking(address, port, SILENCE_MS))) === null
  }

  remove(): void {
    for (const each of this.#listeners) each.kill('SIGKILL')
    command('ip', 'netns', 'delete', this.name)
  }
}

/** The same, asked from the test's own namespace. */
export function askFromHost(address: string, port: number, patienceMs = PATIENCE_MS) {
  const script = asking(address, port, patienceMs)
  return answerOf(spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }))
}

function answerOf(
  { status, stdout }: { status: number | null; stdout: string },
  word = 0,
): string | null {
  return status === 0 ? stdout.split(' ')[word]! : null
}

function asking(address: string, port: number, patienceMs: number): string {
  return `const s = require('net').connect({ host: '${address}', port: ${port}, autoSelectFamily: false })
    setTimeout(() => process.exit(1), ${patienceMs})
    s.on('error', () => process.exit(1)).on('data', (d) => { process.stdout.write(d); process.exit(0) })`
}
