import { useState } from 'react'
import { Page } from '../components/page.tsx'
import { useCreation } from '../queries/creation.ts'
import { useTexts } from '../texts/texts.ts'
import { NO_SECRETS, type Secrets } from './create/draft.ts'
import { Progress } from './create/progress.tsx'
import { Wizard } from './create/wizard.tsx'

/** A virtual machine in five steps; and how far it is, once it was asked for. */
export default function Create() {
  const { machines } = useTexts()
  const creation = useCreation()
  const [secrets, setSecrets] = useState<Secrets>(NO_SECRETS)
  const isForm = creation === null || creation.isAside
  return (
    <Page title={machines.create}>
      {isForm ? <Wizard secrets={secrets} setSecrets={setSecrets} /> : <Progress of={creation} />}
    </Page>
  )
}
