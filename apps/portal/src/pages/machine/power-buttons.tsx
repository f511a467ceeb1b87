import { useNavigate } from '@tanstack/react-router'
import { Act } from '../../components/act.tsx'
import { Row } from '../../components/row.tsx'
import { Failed } from '../../components/states.tsx'
import { UnderWay } from '../../components/under-way.tsx'
import { paths } from '../../paths.ts'
import { useLongAction } from '../../queries/long-action.ts'
import { powerOf } from '../../queries/machine.ts'
import { useTexts } from '../../texts/texts.ts'
import type { TabGiven } from '../machine.tsx'

const TYPE = 'Microsoft.Compute/virtualMachines'
const GOES = ['running', 'starting']

/** Starting it, ending it, and what of it is being done. */
export function PowerButtons({ machine }: TabGiven) {
  const { id, name } = machine
  const texts = useTexts()
  const { resources } = texts
  const navigate = useNavigate()
  const action = useLongAction()
  const power = powerOf(machine)
  const goes = GOES.includes(power)
  const isState = resources.isState(name, texts.power[power] ?? power)
  const post = (verb: string) => () => action.mutate({ method: 'POST', path: `${id}/${verb}` })
  const needs = (verb: string) => ({ action: `${TYPE}/${verb}`, scope: id })
  const unless = (is: boolean) => (is ? undefined : isState)
  const remove = () =>
    action.mutate({
      ...{ method: 'DELETE', path: id },
      // Before its page would ask for what is not there any more.
      accepted: () => navigate({ to: paths.machines }),
    })
  return (
    <>
      <Row label={resources.power}>
        <Act
          verb={texts.machines.start}
          needs={needs('start/action')}
          why={unless(!goes)}
          onYes={post('start')}
        />
        <Act
          verb={texts.machine.restart}
          needs={needs('restart/action')}
          question={resources.confirmRestart(name)}
          why={unless(goes)}
          onYes={post('restart')}
        />
        <Act
          verb={texts.machines.stop}
          needs={needs('powerOff/action')}
          question={texts.machines.confirmStop(name)}
          why={unless(goes)}
          onYes={post('powerOff')}
        />
        <Act
          verb={resources.deallocate}
          needs={needs('deallocate/action')}
          question={resources.confirmDeallocate(name)}
          why={unless(power !== 'deallocated')}
          onYes={post('deallocate')}
        />
        <Act
          verb={texts.machine.delete}
          needs={needs('delete')}
          question={texts.machine.confirmDelete(name)}
          name={name}
          onYes={remove}
        />
      </Row>
      <UnderWay id={id} />
      {action.isError && <Failed error={action.error} />}
    </>
  )
}
