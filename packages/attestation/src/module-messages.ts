import type { Evidence } from '@trusted-launch/channel'
import type { Claims } from './claims.ts'
import { moduleComponent } from './component.ts'
import { findingOf } from './finding-table.ts'
import type { Finding } from './result.ts'

/** The lines that begin with the module's name. Linux, kernel/module/main.c. */
const ofOneModule =
  /^([\w-]{1,55}): (?:module verification failed|module license|loading out-of-tree module)/

/**
 * What the guest hands out of its kernel's log about modules: a second source beside the IMA list, in which no
 * module is that init_module(2) was given. No register vouches for a line, so it is told and weighs nothing: no
 * module is trusted or untrusted because of it, and a log without any says nothing.
 */
export function reportedModules({ moduleMessages = [] }: Pick<Evidence, 'moduleMessages'>) {
  const byModule = Map.groupBy(moduleMessages, componentOf)
  return [...byModule].map(([component, [first, ...more]]): Finding => {
    const others = more.length === 0 ? '' : ` (and ${more.length} more)`
    return findingOf({
      id: 'module.reported',
      component,
      summary: `The guest says that its kernel wrote so, which nothing vouches for: ${first}${others}`,
    })
  })
}

/** The claims and the lines beside them (`module-messages`), which are never verified: no policy can read them. */
export function withModuleMessages(
  claims: Claims,
  { moduleMessages = [] }: Pick<Evidence, 'moduleMessages'>,
): Claims {
  if (moduleMessages.length === 0) return claims
  return {
    ...claims,
    'module-messages': { value: [...moduleMessages], verified: false, events: [] },
  }
}

function componentOf(line: string): string {
  const name = ofOneModule.exec(line)?.[1]
  return name === undefined ? 'kernel module' : moduleComponent(name)
}
