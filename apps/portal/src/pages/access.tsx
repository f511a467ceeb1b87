import { useSearch } from '@tanstack/react-router'
import { PartTabs, usePart } from '../components/parts.tsx'
import { useTexts } from '../texts/texts.ts'
import { Assignments } from './access/assignments.tsx'
import { Principals } from './access/principals.tsx'
import { Roles } from './access/roles.tsx'

/** Who may do what, where; what roles there are; and who there is. */
export default function Access() {
  const { access: words } = useTexts().govern
  const { scope } = useSearch({ strict: false }) as { scope?: string }
  const shown = usePart(['assignments', 'roles', 'principals'])
  const tabs = (
    <PartTabs
      parts={[
        ['assignments', words.assignments],
        ['roles', words.roles],
        ['principals', words.principals],
      ]}
      shown={shown}
    />
  )
  if (shown === 'roles') return <Roles tabs={tabs} />
  if (shown === 'principals') return <Principals tabs={tabs} />
  return <Assignments tabs={tabs} asked={scope} />
}
