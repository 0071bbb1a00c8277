/** A state machine: its states with their positions, in units of one box. */
export interface Diagram {
  name: string
  states: Record<string, { x: number; y: number; label?: string }>
  arrows: [from: string, to: string][]
}

const STEP_X = 118
const STEP_Y = 46
const WIDTH = 96
const HEIGHT = 28
const MARGIN = 4

/** Draws a state machine with the current state and those before it. */
export function StateDiagram({ diagram, history }: { diagram: Diagram; history: readonly string[] }) {
  const { name, states, arrows } = diagram
  const now = history.at(-1)
  const places = Object.values(states)
  const width = Math.max(...places.map(({ x }) => x)) * STEP_X + WIDTH + 2 * MARGIN
  const height = Math.max(...places.map(({ y }) => y)) * STEP_Y + HEIGHT + 2 * MARGIN
  const labelOf = (state: string): string => states[state]?.label ?? state
  const wasTaken = (from: string, to: string): boolean =>
    history.some((state, index) => state === from && history[index + 1] === to)
  return (
    <figure class="diagram">
      <figcaption>
        {name}: <strong>{now ? labelOf(now) : 'none yet'}</strong>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true" focusable="false">
        <defs>
          <marker id={`${name}-tip`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto">
            <path d="M0 0 8 4 0 8z" class="tip" />
          </marker>
        </defs>
        {arrows.map(([from, to]) => (
          <path
            key={`${from} ${to}`}
            d={pathBetween(states[from], states[to])}
            class={wasTaken(from, to) ? 'arrow gone' : 'arrow'}
            marker-end={`url(#${name}-tip)`}
          />
        ))}
        {Object.entries(states).map(([state, { x, y }]) => (
          <g key={state} class={state === now ? 'state now' : history.includes(state) ? 'state gone' : 'state'}>
            <rect x={MARGIN + x * STEP_X} y={MARGIN + y * STEP_Y} width={WIDTH} height={HEIGHT} rx="6" />
            <text x={MARGIN + x * STEP_X + WIDTH / 2} y={MARGIN + y * STEP_Y + HEIGHT / 2}>
              {labelOf(state)}
            </text>
          </g>
        ))}
      </svg>
    </figure>
  )
}

type Place = { x: number; y: number } | undefined

/** From the right side of a box to the left side of another, or straight down. */
function pathBetween(from: Place, to: Place): string {
  if (!from || !to) return ''
  if (from.x === to.x) {
    const x = MARGIN + from.x * STEP_X + WIDTH / 2
    const isDown = to.y > from.y
    return `M${x} ${MARGIN + from.y * STEP_Y + (isDown ? HEIGHT : 0)}V${MARGIN + to.y * STEP_Y + (isDown ? 0 : HEIGHT)}`
  }
  const [x1, y1] = [MARGIN + from.x * STEP_X + WIDTH, MARGIN + from.y * STEP_Y + HEIGHT / 2]
  const [x2, y2] = [MARGIN + to.x * STEP_X, MARGIN + to.y * STEP_Y + HEIGHT / 2]
  const middle = (x1 + x2) / 2
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`
}
