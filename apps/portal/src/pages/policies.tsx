import { PartTabs, usePart } from '../components/parts.tsx'
import { useTexts } from '../texts/texts.ts'
import { Plans } from './policies/plans.tsx'
import { Policies } from './policies/policies.tsx'

/** How machines are watched, and what they must be. */
export default function PoliciesPage() {
  const { plans: words } = useTexts().govern
  const shown = usePart(['plans', 'policies'])
  const tabs = (
    <PartTabs
      parts={[
        ['plans', words.plans],
        ['policies', words.policies],
      ]}
      shown={shown}
    />
  )
  return shown === 'plans' ? <Plans tabs={tabs} /> : <Policies tabs={tabs} />
}
