import { Button, makeStyles, Tab, TabList, tokens } from '@fluentui/react-components'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { MayButton } from '../../components/may-button.tsx'
import { Row } from '../../components/row.tsx'
import { Failed } from '../../components/states.tsx'
import { begin } from '../../queries/creation.ts'
import { useLocation } from '../../queries/place.ts'
import { useSubscription } from '../../session/subscription.tsx'
import { useTexts } from '../../texts/texts.ts'
import { Basics } from './basics.tsx'
import { Disks } from './disks.tsx'
import { type Draft, loadDraft, type Secrets, STEPS, type Step, saveDraft } from './draft.ts'
import { FIELDS, type Field, faultsOf } from './faults.ts'
import { FormContext } from './form.ts'
import { Network } from './network.tsx'
import { requestsOf, UNTOLD } from './new-vm.ts'
import { Review } from './review.tsx'
import { Security } from './security.tsx'
import { useKnown } from './use-known.ts'

const useStyles = makeStyles({
  steps: { flexWrap: 'wrap' },
  step: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
    maxWidth: '46rem',
    minWidth: 0,
  },
})

interface Given {
  readonly secrets: Secrets
  readonly setSecrets: (secrets: Secrets) => void
}

/** What is wanted, step by step. Which step is in the address, and what was told is kept in this window: a reload keeps both. */
export function Wizard({ secrets, setSecrets }: Given) {
  const styles = useStyles()
  const { create, machines } = useTexts()
  const { id: subscription } = useSubscription()
  const location = useLocation()
  const [step, go] = useStep()
  const [draft, setDraft] = useState(loadDraft)
  const [checked, check] = useState<ReadonlySet<Step>>(new Set())
  const known = useKnown(draft)
  const faults = faultsOf(draft, secrets, known, create)
  const [tries, setTries] = useState(0)
  const stepRef = useFirstFault(tries)
  const change = (to: Partial<Draft>) => {
    const next = { ...draft, ...to }
    saveDraft(next)
    setDraft(next)
  }
  const leave = (to: Step) => {
    check(to === 'review' ? new Set(STEPS) : new Set([...checked, step]))
    go(to)
  }
  const next = () => {
    check(new Set([...checked, step]))
    setTries(tries + 1)
    const isWrong = Object.keys(faults).some((field) => FIELDS[field as Field] === step)
    if (!isWrong) leave(STEPS[STEPS.indexOf(step) + 1]!)
  }
  const group = `${subscription}/resourceGroups/${draft.group}`
  const place = { location: location.data ?? '', group }
  const submit = () => {
    const of = (told: Secrets) => requestsOf(draft, told, known.image!, place)
    const hasVerdict = draft.securityType === 'TrustedLaunch' && draft.vTpm
    begin(of(secrets), of(UNTOLD), hasVerdict)
  }
  const isWhole = Object.keys(faults).length === 0 && location.isSuccess
  const tell = (to: Partial<Secrets>) => setSecrets({ ...secrets, ...to })
  return (
    <FormContext.Provider value={{ draft, change, secrets, tell, known, faults, checked }}>
      <TabList
        className={styles.steps}
        selectedValue={step}
        onTabSelect={(_, { value }) => leave(value as Step)}
      >
        {STEPS.map((one) => (
          <Tab key={one} value={one}>
            {create.steps[one]}
          </Tab>
        ))}
      </TabList>
      {location.isError && <Failed error={location.error} retry={location.refetch} />}
      <div className={styles.step} ref={stepRef}>
        {step === 'basics' && <Basics />}
        {step === 'disks' && <Disks />}
        {step === 'network' && <Network />}
        {step === 'security' && <Security />}
        {step === 'review' && <Review place={place} go={go} />}
      </div>
      <Row>
        {step !== 'basics' && (
          <Button onClick={() => leave(STEPS[STEPS.indexOf(step) - 1]!)}>{create.back}</Button>
        )}
        {step === 'review' ? (
          <MayButton
            appearance="primary"
            needs={{ action: 'Microsoft.Compute/virtualMachines/write', scope: group }}
            why={isWhole ? undefined : create.notYet}
            onClick={submit}
          >
            {machines.create}
          </MayButton>
        ) : (
          <Button appearance="primary" onClick={next}>
            {create.next}
          </Button>
        )}
      </Row>
    </FormContext.Provider>
  )
}

/** The step that the address names. */
function useStep(): [Step, (step: Step) => void] {
  const { step } = useSearch({ strict: false }) as { step?: string }
  const navigate = useNavigate()
  const found = STEPS.find((one) => one === step) ?? 'basics'
  return [found, (to) => void navigate({ to: '.', search: { step: to } as never })]
}

/** Who wanted to go on is brought to what keeps them. */
function useFirstFault(tries: number) {
  const step = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (tries > 0) step.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [tries])
  return step
}
