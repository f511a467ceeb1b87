import { useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { Column } from '../components/data-table.tsx'
import { Go } from '../components/go.tsx'
import { ListPage } from '../components/list-page.tsx'
import { MayButton } from '../components/may-button.tsx'
import { paths } from '../paths.ts'
import { type ImageRow, useImages } from '../queries/images.ts'
import { useGroups } from '../queries/place.ts'
import { groupNameIn } from '../resource-names.ts'
import { useSubscription } from '../session/subscription.tsx'
import { useTexts } from '../texts/texts.ts'

/** What virtual machines can be made of beside the marketplace's: images, and versions in galleries. */
export default function Images() {
  const texts = useTexts()
  const { resources } = texts
  const navigate = useNavigate()
  const { id } = useSubscription()
  const groups = useGroups().data ?? []
  const scope = groups.length === 0 ? id : groups.map((group) => group.id)
  return (
    <ListPage
      title={texts.pages.images}
      list={useImages()}
      columns={useColumns()}
      idOf={({ id }) => id}
      textOf={({ id, name }) => `${name} ${groupNameIn(id)}`}
      empty={resources.noImages}
      advice={resources.noImagesAdvice}
      actions={
        <MayButton
          appearance="primary"
          needs={{ action: 'Microsoft.Compute/images/write', scope }}
          onClick={() => navigate({ to: paths.importImage })}
        >
          {texts.create.import}
        </MayButton>
      }
    />
  )
}

function useColumns(): readonly Column<ImageRow>[] {
  const { resources, machines } = useTexts()
  return useMemo(
    () => [
      {
        ...{ id: 'name', title: resources.name, value: ({ name }) => name },
        cell: ({ id, name }) => <Go to={paths.image(id)}>{name}</Go>,
      },
      {
        ...{ id: 'kind', title: resources.kind, width: 9 },
        value: ({ isVersion }) => (isVersion ? resources.galleryVersion : resources.image),
      },
      { id: 'group', title: machines.group, width: 9, value: ({ id }) => groupNameIn(id) },
      { id: 'system', title: machines.system, width: 7, value: ({ system }) => system },
      {
        ...{ id: 'generation', title: resources.generation, width: 7 },
        value: ({ generation }) => generation,
      },
      { id: 'state', title: machines.state, width: 9, value: ({ state }) => state },
    ],
    [resources, machines],
  )
}
