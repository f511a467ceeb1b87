import { spawnSync } from 'node:child_process'

/** Where Debian's packages are had from on this machine. */
export interface DebianArchive {
  /** Lines of sources.list(5); none: nothing is configured, Debian's own servers are meant. */
  readonly sources: readonly string[]
  /** Environment variables that name the machine's proxy, if it has one. */
  readonly proxy: Readonly<Record<string, string>>
}

/** The mirror and proxy that this machine's apt uses for `release` (`bookworm`). */
export function debianArchive(release: string): DebianArchive {
  return { sources: sourcesIn(indexTargets(), release), proxy: proxy() }
}

/** The sources of one release, of its updates and of its security fixes, each once. */
export function sourcesIn(targets: string, release: string): string[] {
  const wanted = [release, `${release}-updates`, `${release}-security`]
  const found = targets.split('\n').flatMap((line) => {
    const [uri = '', suite = '', component] = line.split(' ')
    return component === 'main' && wanted.includes(suite) ? [`deb ${uri} ${suite} main`] : []
  })
  const hasRelease = found.some((line) => line.endsWith(` ${release} main`))
  return hasRelease ? [...new Set(found)] : []
}

function indexTargets(): string {
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT)'
  return outputOf('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'])
}

function proxy(): Record<string, string> {
  const names = ['http_proxy', 'https_proxy', 'no_proxy']
  const given = names.flatMap((name) => {
    const value = process.env[name] ?? process.env[name.toUpperCase()]
    return value === undefined || value === '' ? [] : [[name, value]]
  })
  const ofApt = /'(.+)'/.exec(outputOf('apt-config', ['shell', 'P', 'Acquire::http::Proxy']))?.[1]
  return { ...(ofApt === undefined ? {} : { http_proxy: ofApt }), ...Object.fromEntries(given) }
}

function outputOf(program: string, args: readonly string[]): string {
  return spawnSync(program, args, { encoding: 'utf8' }).stdout ?? ''
}
