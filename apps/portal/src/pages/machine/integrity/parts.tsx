import { Tab, TabList } from '@fluentui/react-components'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { BootView } from '@trusted-launch/api'
import type { Attestation } from '../../../queries/integrity.ts'
import type { Machine } from '../../../queries/machine.ts'
import { useTexts } from '../../../texts/texts.ts'
import { CheckYourself } from './check-yourself.tsx'
import { Claims } from './claims.tsx'
import { Drifts } from './drifts.tsx'
import { Events } from './events.tsx'
import { Files } from './files.tsx'
import { History } from './history.tsx'
import { Registers } from './registers.tsx'

export interface PartGiven {
  readonly machine: Machine
  readonly history: readonly Attestation[]
  readonly boot: BootView
}

const PARTS = {
  events: Events,
  registers: Registers,
  claims: Claims,
  files: Files,
  history: History,
  drift: Drifts,
  check: CheckYourself,
} as const
type Part = keyof typeof PARTS

/** What lies below the chain, one at a time; the address says which. */
export function Parts(given: PartGiven) {
  const { boot } = useTexts()
  const search: Record<string, unknown> = useSearch({ strict: false })
  const navigate = useNavigate()
  const asked = search.part as Part
  const part = Object.hasOwn(PARTS, asked) ? asked : 'events'
  const Shown = PARTS[part]
  return (
    <>
      <TabList
        selectedValue={part}
        style={{ flexWrap: 'wrap' }}
        onTabSelect={(_, { value }) =>
          navigate({ to: '.', search: { ...search, part: value } as never, replace: true })
        }
      >
        {(Object.keys(PARTS) as Part[]).map((one) => (
          <Tab key={one} value={one}>
            {boot.parts[one]}
          </Tab>
        ))}
      </TabList>
      <Shown {...given} />
    </>
  )
}
