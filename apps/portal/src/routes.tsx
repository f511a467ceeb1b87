import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router'
import { Failed } from './components/states.tsx'
import { Frame } from './pages/frame.tsx'
import { PAGES } from './pages/pages.ts'

const root = createRootRoute({ component: Frame, errorComponent: Failed })

/** Each page is loaded when it is first opened. */
const children = PAGES.map(({ path, load }) =>
  createRoute({
    getParentRoute: () => root,
    path,
    component: lazyRouteComponent(load),
    validateSearch: (search: Record<string, unknown>) => search,
  }),
)

export const router = createRouter({
  routeTree: root.addChildren(children),
  basepath: '/portal',
  defaultPreload: 'intent',
})
