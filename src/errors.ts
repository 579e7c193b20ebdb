/**
 * Every error that a user can meet, in one table: its code, whose fault it is, its HTTP status, its exit code and what
 * to do about it. `docs/reference/errors.md` is generated from here.
 *
 * Exit codes: 1 our fault · 2 wrong usage · 3 not found · 4 refused · 5 something out there is unreachable or busy ·
 * 6 what was received is not what was promised.
 */

interface ErrorRow {
  /** `user`: whoever asked can mend it. `fault`: we, or the machine, are at fault. */
  readonly blame: 'user' | 'fault'
  readonly status: number
  readonly exit: number
  /** `{name}` is filled in from the details. */
  readonly message: string
  readonly hint: string
}

const table = {
  // Configuration and command line
  usage: { blame: 'user', status: 400, exit: 2, message: '{problem}', hint: '{suggestion}' },
  config_invalid: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: '{where}: {problem}',
    hint: '{suggestion}',
  },
  web_build_failed: {
    blame: 'fault',
    status: 500,
    exit: 1,
    message: 'The chat page cannot be built:\n{reason}',
    hint: 'Run `npm ci` again; in a clean checkout it builds.',
  },
  public_bind_without_keys: {
    blame: 'user',
    status: 400,
    exit: 4,
    message: 'Binding to {host} would open this server to others, and it has no API key yet.',
    hint: 'Make one first: `elpis keys create --name NAME`. Or stay on this machine: --host 127.0.0.1.',
  },
  port_in_use: {
    blame: 'user',
    status: 400,
    exit: 5,
    message: 'Port {port} on {host} is taken.',
    hint: 'Another server may be running already. Choose another port: --port {other}.',
  },
  bind_failed: {
    blame: 'user',
    status: 400,
    exit: 5,
    message: 'Cannot listen on {host} port {port}: {reason}.',
    hint: 'Check server.host and server.port (`elpis config show`).',
  },

  // Sign-in
  sign_in_refused: {
    blame: 'user',
    status: 401,
    exit: 4,
    message: 'That did not let you in: the e-mail, the password or the code is not right.',
    hint: 'Check what you typed. Who forgot it asks whoever runs this server for a new invitation.',
  },
  sign_in_over: {
    blame: 'user',
    status: 401,
    exit: 4,
    message: 'This sign-in took too long, or was finished already.',
    hint: 'Begin again.',
  },
  sign_in_again: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'How somebody signs in is changed shortly after signing in only.',
    hint: 'Sign in once more, then change it within 15 minutes.',
  },
  too_many_tries: {
    blame: 'user',
    status: 429,
    exit: 5,
    message: 'There were too many tries to sign in.',
    hint: 'Wait {minutes} minutes, or use another way in, such as a passkey.',
  },
  password_weak: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'The password {problem}.',
    hint: 'Four or five words that have nothing to do with each other are a good one.',
  },
  passkey_refused: {
    blame: 'user',
    status: 401,
    exit: 4,
    message: 'The passkey was refused: {reason}.',
    hint: 'Try again, or use another way in.',
  },
  provider_unknown: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is no sign-in through "{provider}" here.',
    hint: 'The sign-in page shows those that there are.',
  },
  provider_refused: {
    blame: 'user',
    status: 401,
    exit: 4,
    message: '{provider} did not say who you are.',
    hint: 'Begin again on the sign-in page.',
  },
  provider_stranger: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'Nobody here was invited under the address that {provider} vouches for.',
    hint: 'Ask whoever runs this server for an invitation to that address.',
  },
  provider_unavailable: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: '{provider} cannot be reached.',
    hint: 'Use another way in, or try again in a moment.',
  },
  invitation_invalid: {
    blame: 'user',
    status: 401,
    exit: 4,
    message: 'This invitation was used already, or is over.',
    hint: 'Ask whoever sent it for a new one.',
  },
  no_person: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'Whoever signed in by a key or by the link of the operator has no account of their own.',
    hint: 'Sign in as a person: an admin can send an invitation.',
  },
  method_not_found: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is nothing of this kind to remove or confirm.',
    hint: 'GET /web/account lists how you sign in, and where you are signed in.',
  },

  // Standing
  suspended: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'You are suspended here until {until}: {reason}',
    hint: 'GET /v1/safety/cases/{case} says why. Who thinks that this is a mistake can appeal there.',
  },
  banned: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'You are barred here, {until}: {reason}',
    hint: 'GET /v1/safety/cases/{case} says why. Who thinks that this is a mistake can appeal there.',
  },
  restricted_limit: {
    blame: 'user',
    status: 429,
    exit: 4,
    message: 'You are restricted here to {streams} at the same time and {requests} a minute.',
    hint: 'Wait, and keep to the rules: a restriction ends by good conduct. GET /v1/safety/cases lists your cases.',
  },
  appeal_waiting: {
    blame: 'user',
    status: 409,
    exit: 4,
    message: 'An appeal in the case {case} waits already.',
    hint: 'Somebody will read it. GET /v1/safety/cases/{case} says what was decided.',
  },
  appeal_moot: {
    blame: 'user',
    status: 409,
    exit: 4,
    message: 'Nothing is in force in the case {case} that could be appealed.',
    hint: 'GET /v1/safety/cases/{case} says how it ended.',
  },
  review_not_yours: {
    blame: 'user',
    status: 409,
    exit: 4,
    message: 'You do not hold the review "{review}".',
    hint: 'Take one: `elpis review next`. A review is held for 15 minutes, then others can take it.',
  },
  outcome_wrong: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'A review of kind {kind} ends with {outcomes}.',
    hint: 'An appeal is upheld or reversed; a step is taken or dismissed.',
  },
  case_not_found: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is no case "{case}" that concerns you.',
    hint: 'GET /v1/safety/cases lists those that do.',
  },
  case_in_force: {
    blame: 'user',
    status: 409,
    exit: 4,
    message: 'The case "{case}" is closed already, or something is in force in it.',
    hint: 'End the measures first: `elpis standing lift TARGET`; a case is closed with its last one.',
  },
  signature_invalid: {
    blame: 'user',
    status: 401,
    exit: 4,
    message: 'This message is not signed by a source that this server knows, or is older than five minutes.',
    hint: 'Sign ID.TIMESTAMP.BODY as Standard Webhooks has it, with the secret that standing.inbound names for this source.',
  },
  rules_invalid: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'The rules {file} are not valid: {problem}',
    hint: 'See docs/guides/standing.md for what may stand in rules; `elpis standing rules check FILE` checks them again.',
  },
  target_invalid: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: '"{target}" names nobody: {problem}.',
    hint: 'Write key:ID, person:ID, org:ID, user:HASH, net:ADDRESS, net:ADDRESS/LENGTH or domain:NAME.',
  },
  reason_invalid: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'The reason cannot be taken: {problem}.',
    hint: 'Say in one line, of up to 500 characters, what whoever it concerns shall read.',
  },
  shut_down: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'Everything here was stopped by those who run it.',
    hint: 'It begins again when they lift it; until then asking again does not help. `elpis shutdown status` says more.',
  },
  not_shut_down: {
    blame: 'user',
    status: 409,
    exit: 3,
    message: 'Nothing is shut down.',
    hint: '`elpis shutdown status` says how it is.',
  },
  proposal_not_found: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'Nothing by the name "{proposal}" waits for a second person.',
    hint: '`elpis shutdown status` lists what does. It can be confirmed once, within an hour; then it must be asked for again.',
  },
  proposal_own: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'Whoever asked for it cannot confirm it.',
    hint: 'This takes a second person. Keys of nobody in particular count as the one owner of this server.',
  },
  second_person_needed: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'This takes a second person, who has not confirmed it.',
    hint: 'Ask for it with a reason, have another owner or admin say `elpis shutdown confirm PROPOSAL`, then name the proposal within the hour.',
  },
  standing_not_permitted: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'The role {role} may not do this.',
    hint: 'Reviewers warn, restrict and suspend; owners and admins bar and lift. A key is a member’s unless it was made with --role, whoever has it.',
  },
  standing_not_home: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'Only people and keys of the organisation that runs this server act on standing.',
    hint: 'Ask whoever runs it. Your own people and keys you can remove or revoke yourself.',
  },
  standing_own: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'Nobody lifts what is in force against themselves.',
    hint: 'Appeal: GET /v1/safety/cases names the case. Another owner or admin can lift it.',
  },
  measure_not_found: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'Nothing is in force against "{target}".',
    hint: '`elpis bans list` and `elpis standing show {target}` say what is.',
  },

  // Guard
  content_policy: {
    blame: 'user',
    status: 400,
    exit: 4,
    message: '{notice}',
    hint: 'Ask for something else. Who thinks that this is a mistake can tell whoever runs the server, with the request id.',
  },
  guard_unavailable: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'What judges requests cannot be reached, and nothing passes unjudged.',
    hint: 'Try again later. For whoever runs this server, its log and GET /health with a key say which layer failed and why.',
  },
  guard_key_unusable: {
    blame: 'fault',
    status: 503,
    exit: 6,
    message: 'The guard cannot use its key {file}: {reason}.',
    hint: 'Remove the file: the next start makes another, and the thresholds of the guard move a little.',
  },
  guard_here_unavailable: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'Nothing here can judge: {reason}.',
    hint: 'The settings of the guard say what judges: `elpis config show`.',
  },
  policy_invalid: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'The policy {file} is not valid: {problem}',
    hint: 'See docs/guides/guard.md for what may stand in a policy; `elpis guard policies check FILE` checks it again.',
  },
  probe_invalid: {
    blame: 'user',
    status: 400,
    exit: 3,
    message: 'The probe {file} cannot be used: {problem}.',
    hint: '`elpis guard train-probe MODEL --data FILE.jsonl` trains one for these weights; `elpis guard probes rm MODEL` removes it.',
  },
  probe_unknown: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is no probe for "{model}".',
    hint: '`elpis guard probes` lists them.',
  },
  probe_data_invalid: {
    blame: 'user',
    status: 400,
    exit: 3,
    message: 'No probe can be trained on {file}: {problem}.',
    hint: 'Each line is a JSON object with prompt, label (true or false) and, where it is an answer that is labelled, response. Both labels are needed at least 10 times.',
  },
  policy_unknown: {
    blame: 'user',
    status: 400,
    exit: 3,
    message: 'There is no policy "{policy}".',
    hint: 'There are: {known}. Your own lie in $ELPIS_HOME/policies as NAME.toml.',
  },

  // Audit

  // Usage and monitoring
  incident_not_found: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is no incident "{incident}".',
    hint: '`elpis incident list` shows them all.',
  },
  evidence_unknown: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'There is no entry "{entry}" in the log.',
    hint: 'Evidence is named by entries of this log, as the header elpis-receipt and `elpis audit export` have them.',
  },
  egress_cut: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'So much has left this server for you that it could be the weights of a model.',
    hint: 'Whoever runs it can look at it (`egress` in the settings, the log of alerts); until then it answers no more.',
  },

  // Edge
  invalid_request: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: '{problem}',
    hint: 'See /openapi.json for the shape of every request.',
  },
  unknown_parameter: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'There is no parameter "{parameter}" here.',
    hint: '{suggestion}',
  },
  unsupported_parameter: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'The parameter "{parameter}" is not supported here and would change the answer: {reason}.',
    hint: 'Leave it out, or see /openapi.json for what is supported.',
  },
  not_found: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is no {method} {path} here.',
    hint: 'See /openapi.json for all routes.',
  },
  weights_not_here: {
    blame: 'user',
    status: 404,
    exit: 4,
    message: '{path} does nothing here: models are fetched and removed by whoever runs this server.',
    hint: 'On the server: `elpis pull NAME`, `elpis rm NAME`. GET /api/tags lists what is served.',
  },
  method_not_allowed: {
    blame: 'user',
    status: 405,
    exit: 2,
    message: '{path} does not answer {method}.',
    hint: 'It answers {allowed}.',
  },
  headers_too_large: {
    blame: 'user',
    status: 431,
    exit: 2,
    message: 'The headers are larger than {limit} bytes.',
    hint: 'Send fewer or shorter headers.',
  },
  request_timeout: {
    blame: 'user',
    status: 408,
    exit: 5,
    message: 'The request did not arrive in time.',
    hint: 'Send it faster, or raise limits.header_seconds and limits.request_seconds.',
  },
  body_too_large: {
    blame: 'user',
    status: 413,
    exit: 2,
    message: 'The body is larger than {limit} bytes.',
    hint: 'Send less, or raise limits.body_bytes.',
  },
  unsupported_media_type: {
    blame: 'user',
    status: 415,
    exit: 2,
    message: 'The content type "{type}" cannot be read here.',
    hint: 'Send application/json, uncompressed.',
  },
  host_refused: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'This server does not answer for the host "{host}".',
    hint: 'Add it to server.allowed_hosts if it is yours (this check stops DNS rebinding).',
  },
  origin_refused: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'Requests from the web page {origin} are not accepted.',
    hint: 'Add the origin to server.allowed_origins if it is yours.',
  },
  client_left: {
    blame: 'user',
    status: 499,
    exit: 5,
    message: 'The client left before the answer was there.',
    hint: 'Nothing to do: the generation was stopped.',
  },

  // Access
  key_missing: {
    blame: 'user',
    status: 401,
    exit: 4,
    message: 'No API key was given.',
    hint: 'Send it as "Authorization: Bearer KEY". `elpis keys create --name NAME` makes one.',
  },
  key_invalid: {
    blame: 'user',
    status: 401,
    exit: 4,
    message: 'This API key or session is not valid.',
    hint: 'It may be revoked or mistyped. `elpis keys create --name NAME` makes a new one.',
  },
  key_revoked: {
    blame: 'user',
    status: 401,
    exit: 4,
    message: 'Access was revoked while the answer was being made.',
    hint: 'Ask whoever runs this server.',
  },
  key_expired: {
    blame: 'user',
    status: 401,
    exit: 4,
    message: 'This API key has expired.',
    hint: 'Ask whoever manages your organisation for a new one: `elpis keys create --name NAME`.',
  },
  role_changed: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'What you may do was changed while this was running.',
    hint: 'GET /v1/me says what you may do now. Then ask again.',
  },
  not_permitted: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'The role "{role}" has not the permission "{permission}" that this needs.',
    hint: 'GET /v1/me says what you may do. An owner of your organisation can give you another role.',
  },
  scope_refused: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'This API key is not for {what}: its {field} name others.',
    hint: 'Use another key, or have one made that is for it.',
  },
  network_refused: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'This API key may not be used from {network}.',
    hint: 'Use it from one of its networks. Behind a proxy: whoever runs the server names it in server.trusted_proxies.',
  },
  acceptance_required: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'You have not accepted {title}, as it is now.',
    hint: 'Read it (GET /v1/me/acceptances), then accept it: POST /v1/me/acceptances with "document": "{document}" and its version. The owner: `elpis licences accept {document}`.',
  },
  document_not_found: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is no "{document}" to accept.',
    hint: '`elpis licences list` shows what there is, beside a running server.',
  },
  document_changed: {
    blame: 'user',
    status: 409,
    exit: 4,
    message: 'That is not the version of {title} that holds now.',
    hint: 'Read it again: GET /v1/me/acceptances.',
  },
  end_user_required: {
    blame: 'user',
    status: 400,
    exit: 2,
    message:
      'Here a key must say for which end user it asks: in "safety_identifier" or "user", at Anthropic’s door in "metadata.user_id", at any in the header X-Elpis-End-User.',
    hint: 'Any text of at most 1000 characters that is always the same for them; it is kept as a keyed hash only.',
  },
  beyond_minter: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'Nobody can give what they have not themselves ({what}).',
    hint: 'Ask for less, or ask somebody who may do more.',
  },
  key_not_service: {
    blame: 'user',
    status: 409,
    exit: 2,
    message: 'The key "{key}" is no service key, so its secret cannot be changed.',
    hint: 'Make a new one and revoke this; or make it with --service.',
  },
  rate_limited: {
    blame: 'user',
    status: 429,
    exit: 5,
    message:
      'This {subject} may have {most} {meter} {period}: {remaining} are left, and up to {needed} are needed.',
    hint: 'Try again after the time in Retry-After, or ask for less (max_tokens).',
  },
  quota_exceeded: {
    blame: 'user',
    status: 429,
    exit: 5,
    message:
      'This {subject} has a quota of {most} {meter} {period}: {remaining} are left, and up to {needed} are needed.',
    hint: 'Wait until it begins anew (Retry-After), ask for less (max_tokens), or ask for a greater quota.',
  },
  quota_invalid: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'This cannot be a quota: {problem}.',
    hint: 'Such as `elpis quotas set org:acme --requests 1000 --per day`. See `elpis quotas set --help`.',
  },
  quota_not_found: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is no quota "{quota}".',
    hint: '`elpis quotas list` shows all.',
  },
  needs_person: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'This is for people, and this key or session is of an organisation as a whole.',
    hint: 'Use a key of yours (`elpis keys create --name NAME --person YOU`), or sign in as yourself.',
  },
  organisation_not_found: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is no organisation "{organisation}".',
    hint: '`elpis orgs list` shows all.',
  },
  person_not_found: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'Nobody goes by "{person}" here, or more than one does.',
    hint: '`elpis people list` shows all, with ids that nobody else has.',
  },
  name_taken: {
    blame: 'user',
    status: 409,
    exit: 2,
    message: '"{name}" is taken.',
    hint: 'Choose another.',
  },
  name_invalid: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'Nobody can be called that: {problem}.',
    hint: 'Use 1 to 100 visible characters.',
  },
  home_stays: {
    blame: 'user',
    status: 409,
    exit: 2,
    message: 'The home organisation cannot be removed: whoever runs this server is of it.',
    hint: 'Remove its people and keys one by one.',
  },
  key_not_found: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is no key "{key}".',
    hint: '`elpis keys list` shows all keys.',
  },
  key_name_invalid: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'A key cannot be called that: {problem}.',
    hint: 'Use 1 to 100 visible characters, such as `elpis keys create --name laptop`.',
  },
  key_ambiguous: {
    blame: 'user',
    status: 409,
    exit: 2,
    message: '"{key}" fits several keys: {ids}.',
    hint: 'Name the one that is meant by its id.',
  },
  link_invalid: {
    blame: 'user',
    status: 401,
    exit: 4,
    message: 'This sign-in link was used already or has expired.',
    hint: '`elpis keys link` prints a fresh one.',
  },

  // Home and storage
  home_in_use: {
    blame: 'user',
    status: 409,
    exit: 4,
    message: 'Another server ({holder}) is running on {home}.',
    hint: 'Stop that one first, or give this one a home of its own with ELPIS_HOME.',
  },
  server_not_running: {
    blame: 'user',
    status: 409,
    exit: 5,
    message: 'No server is running on {home}.',
    hint: 'Start it with `elpis serve`, which prints a sign-in link as well.',
  },
  server_unreachable: {
    blame: 'fault',
    status: 502,
    exit: 5,
    message: 'The server at {address} broke off: {reason}',
    hint: 'See its log; `elpis doctor` checks this machine.',
  },
  server_starting: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'The server is still starting.',
    hint: 'Try again in a moment.',
  },
  control_failed: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'The server behind {socket} did not answer as expected: {reason}.',
    hint: 'It may be stopping or of another version. Try again, or restart it.',
  },
  storage_corrupt: {
    blame: 'fault',
    status: 503,
    exit: 6,
    message: 'The database {file} is damaged: {reason}.',
    hint: 'Bring back a copy of it; or move it away to start with a new one (all keys must be made anew).',
  },
  storage_newer: {
    blame: 'fault',
    status: 503,
    exit: 2,
    message: 'The database {file} was written by a newer Elpis (it has "{migration}").',
    hint: 'Update Elpis; older versions cannot read it.',
  },
  storage_unwritable: {
    blame: 'fault',
    status: 503,
    exit: 4,
    message: 'The database {file} cannot be opened for writing: {reason}.',
    hint: 'Check who owns the folder and the file, or set ELPIS_HOME to a folder that is yours.',
  },
  storage_full: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'The disk that holds {file} is full.',
    hint: 'Free some space and try again; nothing was changed.',
  },
  storage_busy: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'The database {file} has been locked by another program for too long.',
    hint: 'End the program that holds it, and try again.',
  },
  storage_failed: {
    blame: 'fault',
    status: 503,
    exit: 1,
    message: 'The database {file} failed: {reason}.',
    hint: 'Check the disk. The server tries again by itself; until it works, nobody is let in.',
  },
  backup_exists: {
    blame: 'user',
    status: 409,
    exit: 1,
    message: 'There is a file {file} already.',
    hint: 'Choose another name, or replace it with --force.',
  },
  backup_unwritable: {
    blame: 'user',
    status: 400,
    exit: 4,
    message: 'The backup {file} cannot be written: {reason}.',
    hint: 'Check that its folder is there, is yours and has room.',
  },
  backup_empty: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is nothing to back up: {database} holds no tables of Elpis.',
    hint: 'Check ELPIS_HOME and storage.url: `elpis config show` tells both.',
  },
  backup_invalid: {
    blame: 'user',
    status: 400,
    exit: 6,
    message: '{file} is not a sound backup: {reason}.',
    hint: 'Nothing was changed. Take another copy of it, or an older backup.',
  },
  backup_newer: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: '{file} was made by a newer Elpis (it has "{migration}").',
    hint: 'Nothing was changed. Update Elpis, then restore it.',
  },
  restore_occupied: {
    blame: 'user',
    status: 409,
    exit: 1,
    message: '{database} is in use already, and restoring replaces all that it holds.',
    hint: 'Make a backup of it, then restore with --force.',
  },
  storage_unreachable: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'The database {file} cannot be reached: {reason}.',
    hint: 'Check that it runs and that storage.url is right. Nobody is let in until it answers again.',
  },

  // Transparency log
  audit_unavailable: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'The transparency log cannot be written: {reason}.',
    hint: 'Nothing is answered that leaves no entry. Check the disk and the database, then try again.',
  },

  audit_key_unusable: {
    blame: 'fault',
    status: 503,
    exit: 6,
    message: 'The key {file} cannot sign this log: {reason}.',
    hint: 'Bring back the key file that belongs to this database. A new log needs a new database.',
  },
  audit_log_unreadable: {
    blame: 'user',
    status: 400,
    exit: 3,
    message: '{log} cannot be read: {reason}.',
    hint: 'Check the path or the address. Entries over the network need an auditor’s key (--api-key-env); --hashes does not.',
  },
  answer_file_unreadable: {
    blame: 'user',
    status: 400,
    exit: 3,
    message: '{file} cannot be checked: {reason}.',
    hint: 'It must be a file that `elpis answer export` or GET /v1/answers/ID wrote.',
  },
  reason_missing: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'Why this person’s content is read must be said.',
    hint: 'Give a reason, such as the number of a case. It goes into the log, and to the person.',
  },
  notice_not_found: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is no notice "{id}" for you.',
    hint: 'GET /v1/notices lists yours.',
  },
  content_not_kept: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'Nothing is kept of what "{id}" asked or was answered.',
    hint: 'audit.content says what is kept, audit.content_days for how long; what was erased cannot be brought back.',
  },
  subject_not_found: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'Nothing is known here of "{subject}".',
    hint: 'Name them as key:ID, person:ID, user:ORGANISATION:USER or organisation:ID; or they were erased already.',
  },
  receipt_not_found: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is no receipt "{id}" of yours.',
    hint: 'It is the value of the header elpis-receipt, and only for whoever asked.',
  },
  receipt_open: {
    blame: 'user',
    status: 409,
    exit: 5,
    message: 'The answer of receipt "{id}" is not over yet.',
    hint: 'Ask again when the answer has ended.',
  },

  // What clients leave here
  kept_not_found: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is no {kind} "{id}" here.',
    hint: 'It was deleted, has expired, or belongs to another key.',
  },
  file_too_large: {
    blame: 'user',
    status: 413,
    exit: 2,
    message: 'The file is larger than {limit} bytes.',
    hint: 'Split it, or raise limits.file_bytes.',
  },
  files_full: {
    blame: 'fault',
    status: 507,
    exit: 5,
    message: 'The files that are kept here would take more than {limit} bytes.',
    hint: 'Delete files that are no longer needed (DELETE /v1/files/ID), or raise limits.files_bytes.',
  },
  files_unwritable: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'Files cannot be kept in {folder}: {reason}.',
    hint: 'Check the space on its disk, and who owns it.',
  },
  file_in_use: {
    blame: 'user',
    status: 409,
    exit: 2,
    message: 'The file "{id}" is being read by the batch "{batch}".',
    hint: 'Cancel the batch, or wait until it is done.',
  },
  batch_needs_key: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'A batch goes on when a browser has left, so a browser session cannot order one.',
    hint: 'Use an API key: `elpis keys create --name NAME` makes one.',
  },
  batch_over: {
    blame: 'user',
    status: 409,
    exit: 2,
    message: 'The batch "{id}" is {status} and cannot be cancelled.',
    hint: 'GET /v1/batches/ID says what became of it.',
  },
  batches_full: {
    blame: 'user',
    status: 429,
    exit: 5,
    message: 'This key has {count} batches that are not done.',
    hint: 'Wait for some of them, or cancel them.',
  },
  batch_expired: {
    blame: 'fault',
    status: 504,
    exit: 5,
    message: 'The time of the batch was up before this line was answered.',
    hint: 'Order it again with fewer lines.',
  },

  // Weights
  reference_invalid: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: '"{reference}" names no model: {problem}.',
    hint: '{suggestion}',
  },
  model_not_pulled: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'The model "{model}" is not on this machine.',
    hint: '{suggestion}',
  },
  model_name_taken: {
    blame: 'user',
    status: 409,
    exit: 2,
    message: 'The name "{model}" is taken by what was pulled from {reference}.',
    hint: 'Give another with --name, or `elpis rm {model}` first.',
  },
  licence_not_accepted: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: '"{model}" comes under the {licence}, which nobody has accepted here.',
    hint: 'Read it at {link}, then add --accept-license.',
  },
  access_refused: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'No source of "{model}" lets us in:{failures}',
    hint: '{suggestion}',
  },
  sources_failed: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'No source of "{model}" could be used:{failures}',
    hint: '{suggestion}',
  },
  digest_mismatch: {
    blame: 'fault',
    status: 502,
    exit: 6,
    message: 'What came for "{model}" is not what was promised, and was deleted:{failures}',
    hint: 'The source was changed or tampered with. Nothing of it was kept; do not lower the check, ask who publishes it.',
  },
  disk_full: {
    blame: 'fault',
    status: 507,
    exit: 5,
    message: 'Not enough room in {folder}: {needed} needed, {free} free.',
    hint: 'Remove a model with `elpis rm NAME`, or point ELPIS_MODELS at a larger disk.',
  },
  weights_invalid: {
    blame: 'user',
    status: 400,
    exit: 6,
    message: '{file} is not a sound model file: {reason}.',
    hint: 'It was not loaded. Pull it again; if it stays so, tell whoever published it.',
  },
  file_missing: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is no file {file}.',
    hint: 'Check the path. `elpis models` lists what was pulled.',
  },
  file_unreadable: {
    blame: 'user',
    status: 403,
    exit: 4,
    message: 'The file {file} may not be read.',
    hint: 'Check who owns the file and its folders.',
  },
  store_damaged: {
    blame: 'fault',
    status: 500,
    exit: 6,
    message: 'The record of "{model}" in the store is damaged: {problem}.',
    hint: '`elpis rm {model}` removes it, `elpis pull {model}` brings it back.',
  },

  // Engine
  model_lacks_ability: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'The model "{model}" cannot {ability}.',
    hint: 'See GET /v1/models for what each model can do.',
  },
  input_too_long: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'Input {input} has {tokens} tokens, but the model "{model}" reads {context} at most.',
    hint: 'Inputs are counted from 0. Send shorter pieces: nothing is cut off in silence.',
  },
  model_not_served: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'The model "{model}" is not served here.',
    hint: '{suggestion} `elpis serve --model NAME` serves another.',
  },
  context_exceeded: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'The prompt has {prompt} tokens, but the context of this model has {context}.',
    hint: 'Send less, or raise engine.context.',
  },
  unsupported_schema: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'This JSON schema cannot be held to: {problem}.',
    hint: 'Change what is named. docs/structured-output.md lists what is supported.',
  },
  token_unknown: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'There is no token {token} in the vocabulary of "{model}", which has {size}.',
    hint: 'POST /v1/tokenize says which tokens this model has for a text.',
  },
  template_failed: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: "The model's chat template refused this conversation: {reason}",
    hint: 'Check the order and the roles of the messages.',
  },
  template_missing: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'The model "{model}" has no chat template: it only continues text.',
    hint: 'Use POST /v1/completions, or serve a model that was tuned for chat.',
  },
  overloaded: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'Too many requests are waiting ({queued}).',
    hint: 'Try again in a moment.',
  },
  too_many_at_once: {
    blame: 'user',
    status: 429,
    exit: 5,
    message: 'This key has {inside} requests waiting or running already.',
    hint: 'Wait for some of them; limits.queue_per_key bounds how many one key may have.',
  },
  deadline_passed: {
    blame: 'fault',
    status: 504,
    exit: 5,
    message: 'The server was too busy to begin before the time that the client gave ran out.',
    hint: 'Try again later, or allow more time (the header x-stainless-timeout, in seconds).',
  },
  model_does_not_fit: {
    blame: 'fault',
    status: 503,
    exit: 1,
    message: 'The model "{model}" needs {needed} of memory, and {budget} may be taken{beside}.',
    hint: 'Serve a smaller model or weights of fewer bits, lower engine.context, engine.sequences or engine.prefix_memory, or raise engine.memory (MiB) if the memory is there.',
  },
  adapter_name_invalid: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: '"{name}" cannot be the name of an adapter.',
    hint: 'Names are up to 64 small letters, digits, dots, dashes and underscores, such as support-tone.',
  },
  adapter_name_taken: {
    blame: 'user',
    status: 409,
    exit: 1,
    message: 'The model "{model}" has an adapter "{name}", or as many as it may have ({count}), already.',
    hint: 'Choose another name, or remove one first: `elpis adapters rm NAME --model MODEL`.',
  },
  adapter_unknown: {
    blame: 'user',
    status: 404,
    exit: 3,
    message: 'There is no adapter "{name}" for this model.',
    hint: '{suggestion}',
  },
  gpu_unknown: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'There is no build "{kind}" for this machine.',
    hint: '{suggestion}',
  },
  gpu_install_failed: {
    blame: 'fault',
    status: 500,
    exit: 4,
    message: '{package} could not be installed: {reason}.',
    hint: 'It comes through npm, with npm’s own settings for registry and proxy: try `npm view` on it.',
  },
  adapter_unusable: {
    blame: 'fault',
    status: 500,
    exit: 1,
    message: 'The adapter "{adapter}" cannot be used: {reason}.',
    hint: 'Ask without it, or have whoever runs this server add a sound one: `elpis adapters list` shows them.',
  },
  shutting_down: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'This server is shutting down.',
    hint: 'Try again in a moment.',
  },
  answer_timeout: {
    blame: 'fault',
    status: 504,
    exit: 5,
    message: 'The answer took longer than {seconds} seconds.',
    hint: 'Ask for a shorter one (max_tokens), or raise limits.answer_seconds.',
  },
  not_ready: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'This server is not ready: {reason}.',
    hint: 'Try again in a moment; GET /health with a key says more.',
  },
  model_load_failed: {
    blame: 'fault',
    status: 500,
    exit: 1,
    message: 'The model cannot be loaded: {reason}',
    hint: '`elpis doctor` checks this machine, `elpis verify` the files.',
  },
  model_not_ready: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'The model "{model}" is {state}.',
    hint: 'Try again in a moment; GET /ready says when it is there.',
  },
  model_unusable: {
    blame: 'fault',
    status: 503,
    exit: 1,
    message: 'The model "{model}" cannot be used: {reason}.',
    hint: 'It does not come back by itself. Whoever runs this server: `elpis verify` checks its files, `elpis doctor` the machine; where memory is short, take a smaller engine.context, engine.cache or model. Then start again.',
  },
  engine_unavailable: {
    blame: 'fault',
    status: 500,
    exit: 5,
    message: 'The engine cannot run here: {reason}.',
    hint: 'It runs on Linux and macOS, x64 and arm64, and is installed by `npm ci` without --omit=optional.',
  },
  upstream_unavailable: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'No server behind the model "{model}" can be reached: {reason}.',
    hint: 'Try again in a moment. The log of this server says more.',
  },
  upstream_busy: {
    blame: 'fault',
    status: 503,
    exit: 5,
    message: 'The server behind the model "{model}" has too much to do.',
    hint: 'Try again after the time in Retry-After.',
  },
  upstream_failed: {
    blame: 'fault',
    status: 502,
    exit: 5,
    message: 'The server behind the model "{model}" did not answer as it should: {reason}.',
    hint: 'Ask again. If it stays so, whoever runs this server should look at that one.',
  },
  upstream_refused: {
    blame: 'user',
    status: 400,
    exit: 2,
    message: 'The server behind the model "{model}" refused the request: {reason}',
    hint: 'Change the request as it says.',
  },
  engine_failed: {
    blame: 'fault',
    status: 500,
    exit: 1,
    message: 'The engine stopped while answering: {reason}',
    hint: 'It is being restarted. Ask again.',
  },
  internal: {
    blame: 'fault',
    status: 500,
    exit: 1,
    message: 'Something went wrong here.',
    hint: 'The log of the server says more, under the request id.',
  },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof table

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never
type DetailsOf<Code extends ErrorCode> = Record<
  Placeholders<(typeof table)[Code]['message'] | (typeof table)[Code]['hint']>,
  string | number
>
/** The details that a code's message and hint name: an error cannot be made with one missing. */
export type ErrorArguments<Code extends ErrorCode> = keyof DetailsOf<Code> extends never
  ? []
  : [details: DetailsOf<Code>]

/** Rows of the table, for the docs. */
export const errorTable: Readonly<Record<ErrorCode, ErrorRow>> = table

/** Any failure that is shown to somebody. `UserError` and `Fault` tell whose it is. */
export abstract class ElpisError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  readonly status: number
  readonly exit: number
  /** The request's field that is wrong, as the client wrote it. */
  param: string | null = null
  /** Seconds after which another try makes sense. */
  retryAfter: number | null = null
  /** What a program shall know of it besides the code, such as the case behind a ban. */
  notice: Readonly<Record<string, string | null>> | null = null

  constructor(code: ErrorCode, details: Record<string, string | number>, cause?: unknown) {
    const row = errorTable[code]
    super(fill(row.message, details), cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.code = code
    this.hint = fill(row.hint, details)
    this.status = row.status
    this.exit = row.exit
  }
}

/** Whoever asked can mend it. */
export class UserError extends ElpisError {}
/** We or the machine are at fault. */
export class Fault extends ElpisError {}

/** The error of the table under `code`, with the details that its text names. */
export function elpisError<Code extends ErrorCode>(
  code: Code,
  ...[details]: ErrorArguments<Code>
): ElpisError {
  const kind = errorTable[code].blame === 'user' ? UserError : Fault
  return new kind(code, details ?? {})
}

/** `error` itself when it is ours, else an `internal` fault that keeps it as its cause. */
export function asElpisError(error: unknown): ElpisError {
  return error instanceof ElpisError ? error : new Fault('internal', {}, error)
}

function fill(text: string, details: Record<string, string | number>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(details[name] ?? whole))
}
