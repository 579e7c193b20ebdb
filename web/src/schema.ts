/** The only way to zod in this page: the content security policy forbids the code it would generate at run time. */
import * as z from 'zod/mini'

z.config({ jitless: true })

export { z }
