import { Field, SpinButton, Subtitle1 } from '@fluentui/react-components'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { Act } from '../components/act.tsx'
import { MayButton } from '../components/may-button.tsx'
import { Page } from '../components/page.tsx'
import { Properties } from '../components/properties.tsx'
import { Row } from '../components/row.tsx'
import { Failed, Loading } from '../components/states.tsx'
import { Time } from '../components/time.tsx'
import { UnderWay } from '../components/under-way.tsx'
import { idIn } from '../paths.ts'
import { useLongAction } from '../queries/long-action.ts'
import { type ScaleSet, useScaleSet } from '../queries/scale-sets.ts'
import { imageText, nameIn } from '../resource-names.ts'
import { useTexts } from '../texts/texts.ts'
import { Instances } from './scale-set/instances.tsx'

/** As many as Azure allows. */
const INSTANCES_MAX = 1_000

/** One scale set: its model, how many it has, and each of them. */
export default function ScaleSetPage() {
  const { id: given = '' } = useParams({ strict: false })
  const id = idIn(given)
  const { resources } = useTexts()
  const set = useScaleSet(id)
  return (
    <Page title={nameIn(id)}>
      <UnderWay id={id} />
      {set.isPending && <Loading />}
      {set.isError && <Failed error={set.error} retry={set.refetch} />}
      {set.data !== undefined && (
        <>
          <Model set={set.data} />
          {/* Begins anew with another number: it was scaled elsewhere. */}
          <Scale key={set.data.sku?.capacity ?? 0} set={set.data} />
          <Subtitle1 as="h2">{resources.instances}</Subtitle1>
          <Instances set={set.data} />
        </>
      )}
    </Page>
  )
}

function Model({ set: { properties, sku } }: { set: ScaleSet }) {
  const { resources, machines, machine, none } = useTexts()
  const { virtualMachineProfile, orchestrationMode = 'Uniform', upgradePolicy } = properties
  const image = virtualMachineProfile?.storageProfile?.imageReference
  return (
    <Properties
      of={[
        [machines.state, properties.provisioningState],
        [resources.mode, orchestrationMode],
        [machines.size, sku?.name ?? none],
        [machines.security, virtualMachineProfile?.securityProfile?.securityType ?? 'Standard'],
        [machine.image, image === undefined ? none : imageText(image)],
        [resources.upgrades, upgradePolicy?.mode ?? 'Manual'],
        [machine.created, <Time key="created" at={properties.timeCreated} />],
      ]}
    />
  )
}

/** Another number of instances; fewer is asked about, since theirs is lost. */
function Scale({ set: { id, name, sku } }: { set: ScaleSet }) {
  const { resources } = useTexts()
  const had = sku?.capacity ?? 0
  const [wanted, want] = useState(had)
  const action = useLongAction()
  const needs = { action: 'Microsoft.Compute/virtualMachineScaleSets/write', scope: id }
  const scale = () =>
    action.mutate({ method: 'PATCH', path: id, body: { sku: { capacity: wanted } } })
  return (
    <>
      <Row>
        <Field label={resources.instances}>
          <SpinButton
            min={0}
            max={INSTANCES_MAX}
            value={wanted}
            onChange={(_, { value, displayValue }) =>
              want(inRange(value ?? Number(displayValue), had))
            }
          />
        </Field>
        {wanted < had ? (
          <Act
            verb={resources.scale}
            needs={needs}
            question={resources.confirmFewer(name, had, wanted)}
            onYes={scale}
          />
        ) : (
          <MayButton
            needs={needs}
            why={wanted === had ? resources.noChange : undefined}
            isBusy={action.isPending}
            onClick={scale}
          >
            {resources.scale}
          </MayButton>
        )}
      </Row>
      {action.isError && <Failed error={action.error} />}
    </>
  )
}

/** What was typed, or what it was before where that is no number of instances. */
function inRange(typed: number, otherwise: number): number {
  return Number.isInteger(typed) && typed >= 0 && typed <= INSTANCES_MAX ? typed : otherwise
}
