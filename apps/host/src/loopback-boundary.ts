import { spawn } from 'node:child_process'
import { blockOf } from './accounts.ts'
import { findProgram } from './process.ts'

const LIMIT_MS = 10_000
const SAID_MAX = 500

/**
 * The rules, for nft(8): whoever has one of these accounts begins no connection to an address of this host,
 * the loopback's or another (Linux sends all of them over `lo`), but for names. Answers to connections that
 * others began, over a forwarded port, are no beginning. Safe to load again.
 */
function boundaryRules(table: string, { first, last }: { first: number; last: number }) {
  return `table inet ${table} {}
delete table inet ${table}
table inet ${table} {
  chain output {
    type filter hook output priority filter; policy accept;
    meta skuid != ${first}-${last} accept
    oif != "lo" accept
    meta l4proto { tcp, udp } th dport 53 accept
    tcp flags & (syn | ack) == syn reject with tcp reset
    meta l4proto != tcp reject
  }
}
`
}

/**
 * Closes this host's own addresses to the accounts of a state directory's VMs.
 * @returns null, or why it could not: guests with a network then reach what listens there.
 */
export async function closeLoopback(stateDirectory: string): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'not root: QEMU is this user'
  const nft = findProgram('nft')
  if (nft === null) return 'nft is not installed (package nftables)'
  return load(nft, boundaryRules(tableOf(stateDirectory), blockOf(stateDirectory)))
}

/** Takes the rules away, whoever loaded them: no VM of that state directory runs. */
export async function openLoopback(stateDirectory: string): Promise<void> {
  const nft = findProgram('nft')
  if (nft === null || process.getuid?.() !== 0) return
  const table = tableOf(stateDirectory)
  await load(nft, `table inet ${table} {}\ndelete table inet ${table}\n`)
}

function tableOf(stateDirectory: string): string {
  return `trusted_launch_${blockOf(stateDirectory).first}`
}

/** Null, or what nft said. */
function load(nft: string, rules: string): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(nft, ['-f', '-'], { timeout: LIMIT_MS, stdio: ['pipe', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, SAID_MAX)
    })
    child.stdin.on('error', () => {})
    child.on('error', (e) => resolve(e.message))
    child.on('close', (code) => resolve(code === 0 ? null : `nft: ${said.trim() || code}`))
    child.stdin.end(rules)
  })
}
