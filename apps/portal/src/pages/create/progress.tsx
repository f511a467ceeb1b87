import { Badge, Button, makeStyles, ProgressBar, Text, tokens } from '@fluentui/react-components'
import { useMutation } from '@tanstack/react-query'
import type { Integrity } from '@trusted-launch/api'
import { useEffect } from 'react'
import { Act } from '../../components/act.tsx'
import { Go } from '../../components/go.tsx'
import { IntegrityBadge } from '../../components/integrity-badge.tsx'
import { Row } from '../../components/row.tsx'
import { Failed } from '../../components/states.tsx'
import { paths } from '../../paths.ts'
import {
  type Creation,
  cleanUp,
  type Deed,
  forget,
  isFailed,
  isOver,
  madeOf,
  resume,
} from '../../queries/creation.ts'
import { nameIn } from '../../resource-names.ts'
import { useTexts } from '../../texts/texts.ts'
import { forgetDraft } from './draft.ts'
import { Refused } from './refused.tsx'

const COLORS = {
  waiting: 'subtle',
  asked: 'informative',
  done: 'success',
  failed: 'danger',
} as const

const useStyles = makeStyles({
  list: { display: 'grid', gap: tokens.spacingVerticalM, margin: 0, padding: 0, listStyle: 'none' },
})

/** What is asked for, one after the other, until the virtual machine proved how it booted. It goes on after a reload. */
export function Progress({ of }: { of: Creation }) {
  const { create } = useTexts()
  useEffect(() => {
    if (!isFailed(of) && !isOver(of)) resume()
  }, [of])
  return (
    <>
      <ol className={useStyles().list} aria-label={create.progress}>
        {of.deeds.map((deed) => (
          <One key={deed.part} of={deed} />
        ))}
      </ol>
      {isOver(of) && <Made of={of} />}
      {isFailed(of) && <Refused of={of} />}
      {isFailed(of) && madeOf(of).length > 0 && <CleanUp of={of} />}
    </>
  )
}

function One({ of: { part, path, state, percent, step } }: { of: Deed }) {
  const { create } = useTexts()
  return (
    <li>
      <Row>
        <Badge appearance="tint" color={COLORS[state]}>
          {create.states[state]}
        </Badge>
        <Text>
          {create.parts[part]}: {nameIn(path)}
        </Text>
        {state === 'asked' && step != null && <Text size={200}>{step}</Text>}
      </Row>
      {state === 'asked' && (
        <ProgressBar
          aria-label={create.parts[part]}
          {...(percent !== undefined && percent > 0 && { value: percent / 100 })}
        />
      )}
    </li>
  )
}

function Made({ of: { machine, tier, deeds } }: { of: Creation }) {
  const { create } = useTexts()
  const hasVerdict = deeds.some(({ part }) => part === 'verdict')
  const name = nameIn(machine)
  return (
    <>
      <Row>
        <Text size={400} weight="semibold" role="status">
          {create.made(name)}
        </Text>
        {tier !== null && (
          <Go to={paths.machine(machine, 'integrity')}>
            <IntegrityBadge of={tier as Integrity} />
          </Go>
        )}
      </Row>
      <Text>
        {tier !== null ? create.verdict(tier) : hasVerdict ? create.noVerdict : create.unproven}
      </Text>
      <Row>
        <Go to={paths.machine(machine, hasVerdict ? 'integrity' : 'overview')}>
          {create.look(name)}
        </Go>
        <Button
          onClick={() => {
            forgetDraft()
            forget()
          }}
        >
          {create.another}
        </Button>
      </Row>
    </>
  )
}

/** Takes back what was made on the way, by its names. */
function CleanUp({ of }: { of: Creation }) {
  const { create } = useTexts()
  const cleaning = useMutation({ mutationFn: cleanUp })
  const made = madeOf(of)
  const names = made.map(({ part, path }) => `${create.parts[part]} ${nameIn(path)}`).join(', ')
  const [first] = made
  return (
    <>
      <Text>{create.left(names)}</Text>
      <Row>
        <Act
          verb={create.cleanUp}
          needs={{ action: DELETIONS[first!.part], scope: first!.path }}
          question={create.cleanUpAsk(names)}
          why={of.isCleaning ? create.cleaning : undefined}
          onYes={() => cleaning.mutate()}
        />
      </Row>
      {cleaning.isError && <Failed error={cleaning.error} />}
    </>
  )
}

const DELETIONS: Readonly<Record<Deed['part'], string>> = {
  group: 'Microsoft.Resources/subscriptions/resourceGroups/delete',
  network: 'Microsoft.Network/virtualNetworks/delete',
  nic: 'Microsoft.Network/networkInterfaces/delete',
  vm: 'Microsoft.Compute/virtualMachines/delete',
  extension: 'Microsoft.Compute/virtualMachines/extensions/delete',
  verdict: 'Microsoft.Compute/virtualMachines/delete',
}
