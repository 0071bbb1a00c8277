import { computed } from '@preact/signals'
import { describeStatusDetail } from 'mercadopago-wallet-connect'
import { useEffect } from 'preact/hooks'
import { CATALOGUE, COUPON, CURRENCY, MOST_OF_ONE, type ProductId } from '../../demo/catalogue.ts'
import { CodeButton } from '../code/code-button.tsx'
import { kept } from '../kept.ts'
import {
  applyCoupon,
  busy,
  cart,
  coupon,
  discounted,
  isPaid,
  isSettled,
  items,
  link,
  type Purchase,
  pay,
  problem,
  purchase,
  reserve,
  resume,
  startOver,
  tell,
  total,
  unlink,
  wallet,
} from './purchase.ts'
import { fill, LANGUAGES, type Language, preferred, TEXTS } from './texts.ts'

const language = kept<Language>('language', preferred(navigator.languages))
/** What is kept may be of another time, or somebody's prank. */
const texts = computed(() => TEXTS[language.value] ?? TEXTS.es)
const money = computed(() => new Intl.NumberFormat(language.value, { style: 'currency', currency: CURRENCY }))
const inMoney = (amount: number): string => money.value.format(amount)

/** What a buyer sees. */
export function Checkout() {
  useEffect(() => {
    resume().catch(tell)
  }, [])
  useEffect(() => {
    document.documentElement.lang = language.value
  }, [language.value])
  const t = texts.value
  return (
    <main class="pane checkout" lang={language.value}>
      <header class="row apart nowrap">
        <h1>{t.shop}</h1>
        <label class="small">
          <span class="unseen">{t.language}</span>
          <select
            value={language.value}
            onChange={({ currentTarget }) => {
              language.value = currentTarget.value as Language
            }}
          >
            {Object.entries(LANGUAGES).map(([tag, name]) => (
              <option key={tag} value={tag} lang={tag}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </header>
      {purchase.value ? <Receipt {...purchase.value} /> : <Cart />}
      <Wallet />
      <Message />
    </main>
  )
}

function Cart() {
  const t = texts.value
  const put = (id: ProductId, quantity: number): void => {
    cart.value = { ...cart.value, [id]: quantity }
  }
  return (
    <section aria-labelledby="cart">
      <h2 id="cart">{t.cart}</h2>
      <ul class="products">
        {CATALOGUE.map(({ id, price }) => {
          const quantity = cart.value[id] ?? 0
          const product = t.products[id]
          return (
            <li key={id} class="row apart">
              <span class="grows">
                {product}
                <br />
                <span class="small dim">{inMoney(price)}</span>
              </span>
              <span class="row stepper">
                <button
                  type="button"
                  class="quiet"
                  aria-label={fill(t.fewer, { product })}
                  disabled={quantity === 0}
                  onClick={() => put(id, quantity - 1)}
                >
                  −
                </button>
                <output aria-label={product}>{quantity}</output>
                <button
                  type="button"
                  class="quiet"
                  aria-label={fill(t.more, { product })}
                  disabled={quantity >= MOST_OF_ONE}
                  onClick={() => put(id, quantity + 1)}
                >
                  +
                </button>
              </span>
            </li>
          )
        })}
      </ul>
      {items.value.length === 0 && <p>{t.empty}</p>}
      {wallet.value && <Coupon />}
      <label class="row">
        <input
          type="checkbox"
          checked={reserve.value}
          onChange={({ currentTarget }) => {
            reserve.value = currentTarget.checked
          }}
        />
        {t.reserve}
      </label>
      <p class="row apart total">
        <span>{t.total}</span>
        <strong>{inMoney(total.value)}</strong>
      </p>
      {coupon.value && (
        <p class="row apart">
          <span>{t.discounted}</span>
          <strong>{inMoney(discounted.value)}</strong>
        </p>
      )}
      <Pay />
    </section>
  )
}

function Pay() {
  const t = texts.value
  const amount = inMoney(discounted.value)
  const isIdle = busy.value === null && items.value.length > 0
  return (
    <div class="row">
      {wallet.value ? (
        <button type="button" class="primary grows" disabled={!isIdle} onClick={pay}>
          {fill(reserve.value ? t.reserveNow : t.payNow, { amount })}
        </button>
      ) : (
        <button type="button" class="primary grows" disabled={!isIdle} onClick={link}>
          {t.pay}
        </button>
      )}
      <CodeButton
        step={wallet.value ? (reserve.value ? 'reserve' : 'pay') : 'link'}
        label={wallet.value ? (reserve.value ? 'Reserve' : 'Pay') : 'Link the wallet'}
      />
    </div>
  )
}

function Coupon() {
  const t = texts.value
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault()
        const code = new FormData(event.currentTarget).get('coupon')
        if (typeof code === 'string' && code.trim() !== '') void applyCoupon(code.trim())
      }}
    >
      <label class="grows">
        {t.coupon}
        <input name="coupon" autocomplete="off" placeholder={COUPON} maxLength={64} />
      </label>
      <button type="submit" class="quiet" disabled={busy.value !== null}>
        {t.apply}
      </button>
      <CodeButton step="coupon" label="Apply a coupon" />
      {coupon.value && (
        <output class="whole good">{fill(t.couponWorks, { percent: coupon.value.percent, code: coupon.value.code })}</output>
      )}
    </form>
  )
}

function Wallet() {
  const t = texts.value
  return (
    <section class="card" aria-labelledby="wallet">
      <h2 id="wallet">{t.wallet}</h2>
      <p>{wallet.value ? t.linked : t.notLinked}</p>
      {wallet.value && (
        <div class="row">
          <button type="button" class="quiet" disabled={busy.value !== null} onClick={unlink}>
            {t.unlink}
          </button>
          <CodeButton step="return" label="The buyer comes back" text="Code of the return" />
          <CodeButton step="unlink" label="Unlink the wallet" text="Code" />
        </div>
      )}
    </section>
  )
}

/** What the purchase has come to. */
function Receipt({ order, payment, refusal }: Purchase) {
  const t = texts.value
  const heading = refusal
    ? t.refused
    : payment
      ? headingOf(String(payment.status))
      : busy.value === 'checking'
        ? t.checking
        : t.paying
  return (
    <section aria-labelledby="receipt" class={`card receipt ${isPaid.value ? 'good' : isSettled.value ? 'bad' : 'open'}`}>
      <div role="status">
        <h2 id="receipt">{heading}</h2>
      </div>
      <p class="total">{inMoney(payment?.charged ?? order.amount)}</p>
      {payment && needsWords(String(payment.status)) && <p>{describeStatusDetail(payment.detail, language.value)}</p>}
      <p class="small dim">{payment ? fill(t.receipt, { id: payment.id, order: order.id }) : order.id}</p>
      <div class="row">
        {!isPaid.value && busy.value === null && (
          <button type="button" class="primary" disabled={isSettled.value && !wallet.value} onClick={pay}>
            {t.tryAgain}
          </button>
        )}
        {isSettled.value && (
          <button type="button" disabled={busy.value !== null} onClick={startOver}>
            {t.another}
          </button>
        )}
        <CodeButton step="lostAnswer" label="When the answer is lost" text="Code" />
      </div>
    </section>
  )
}

function headingOf(status: string): string {
  const t = texts.value
  const known: Record<string, string> = {
    approved: t.approved,
    authorized: t.authorized,
    rejected: t.rejected,
    cancelled: t.cancelled,
    canceled: t.cancelled,
    refunded: t.refunded,
  }
  return known[status] ?? t.pending
}

/** The status alone does not say why, or what to do. */
const needsWords = (status: string): boolean => !['approved', 'authorized', 'cancelled', 'canceled', 'refunded'].includes(status)

function Message() {
  const t = texts.value
  const { kind, words = '' } = problem.value ?? {}
  const now = busy.value === 'linking' ? t.linking : busy.value === 'unlinking' ? t.unlinking : ''
  return (
    <>
      <p role="status" class="message">
        {now}
      </p>
      <p role="alert" class="message bad">
        {kind ? fill(t.problems[kind], { words }) : ''}
      </p>
    </>
  )
}
