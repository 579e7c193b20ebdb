/** The values of `format` that strings can be held to, as patterns of exactly what their standards allow, or a part of it. */

const dayOfYear =
  '(?:\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))' +
  '|(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)'
const timeOfDay = '(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)'
const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const ipv4 = `${octet}(?:\\.${octet}){3}`
const group = '[0-9a-fA-F]{1,4}'
/** A name of 63 letters six times would be too long as a whole. */
const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,38}[a-zA-Z0-9])?'
const hostname = `${label}(?:\\.${label}){0,5}`
const atom = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]{1,30}"
const amount = '\\d{1,6}'
const durationTime = `T(?:${amount}H(?:${amount}M(?:${amount}S)?)?|${amount}M(?:${amount}S)?|${amount}S)`
const durationDate = `(?:${amount}Y(?:${amount}M(?:${amount}D)?)?|${amount}M(?:${amount}D)?|${amount}D)`

export const stringFormats: ReadonlyMap<string, string> = new Map(
  [
    // RFC 3339, section 5.6; leap seconds are left out.
    ['date', dayOfYear],
    ['time', timeOfDay],
    ['date-time', `${dayOfYear}T${timeOfDay}`],
    // RFC 3339, appendix A.
    ['duration', `P(?:${amount}W|${durationDate}(?:${durationTime})?|${durationTime})`],
    // RFC 5321, section 4.1.2, without quoted names and addresses in brackets.
    ['email', `${atom}(?:\\.${atom}){0,1}@${label}(?:\\.${label}){1,4}`],
    // RFC 1123, section 2.1.
    ['hostname', hostname],
    // RFC 2673, section 3.2.
    ['ipv4', ipv4],
    // RFC 4291, section 2.2, without an IPv4 address at the end.
    ['ipv6', ipv6()],
    // RFC 9562, section 4.
    ['uuid', '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}'],
  ].map(([name, pattern]) => [name!, `^${pattern!}$`]),
)

/** Eight groups, or fewer with one gap (`::`) that stands for at least one. */
function ipv6(): string {
  const gaps = Array.from({ length: 8 }, (_, before) => {
    const most = 7 - before
    const front = before === 0 ? ':' : `${group}(?::${group}){${before - 1}}:`
    const back = most === 0 ? ':' : `:(?:${group}(?::${group}){0,${most - 1}})?`
    return front + back
  })
  return `(?:${group}(?::${group}){7}|${gaps.join('|')})`
}
