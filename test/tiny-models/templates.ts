/**
 * Chat templates that render conversations of text as those of the public model cards do. Written anew, without tools
 * and images; the renderings that they must give stand in `test/families.test.ts`.
 */

export const llama31Template = `{{- bos_token }}
{%- set system = messages[0].content | trim if messages[0].role == 'system' else '' %}
{{- '<|start_header_id|>system<|end_header_id|>\\n\\nCutting Knowledge Date: December 2023\\nToday Date: ' }}
{{- date_string if date_string is defined else '26 Jul 2024' }}
{{- '\\n\\n' + system + '<|eot_id|>' }}
{%- for message in messages %}
    {%- if not (loop.first and message.role == 'system') %}
        {%- set tool = message.role == 'tool' or message.role == 'ipython' %}
        {{- '<|start_header_id|>' + ('ipython' if tool else message.role) + '<|end_header_id|>\\n\\n' }}
        {{- message.content | tojson if tool else message.content | trim }}
        {{- '<|eot_id|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
`

export const qwen3Template = `{%- set last = namespace(question=messages | length - 1) %}
{%- for message in messages %}
    {%- if message.role == 'user' %}{% set last.question = loop.index0 %}{% endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.role == 'tool' %}
        {%- if loop.first or messages[loop.index0 - 1].role != 'tool' %}{{- '<|im_start|>user' }}{% endif %}
        {{- '\\n<tool_response>\\n' + message.content + '\\n</tool_response>' }}
        {%- if loop.last or messages[loop.index0 + 1].role != 'tool' %}{{- '<|im_end|>\\n' }}{% endif %}
    {%- else %}
        {%- set content = message.content %}
        {%- set thoughts = '' %}
        {%- if message.role == 'assistant' and '</think>' in content %}
            {%- set thoughts = content.split('</think>')[0].split('<think>')[-1].strip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {{- '<|im_start|>' + message.role + '\\n' }}
        {%- if message.role == 'assistant' and loop.index0 > last.question and (loop.last or thoughts) %}
            {{- '<think>\\n' + thoughts + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and not enable_thinking %}{{- '<think>\\n\\n</think>\\n\\n' }}{% endif %}
{%- endif %}
`

export const gemma3Template = `{{- bos_token }}
{%- set system = messages[0].role == 'system' %}
{%- set turns = messages[1:] if system else messages %}
{%- for message in turns %}
    {%- if (message.role == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
    {%- endif %}
    {{- '<start_of_turn>' + ('model' if message.role == 'assistant' else message.role) + '\\n' }}
    {%- if loop.first and system %}{{- messages[0].content + '\\n\\n' }}{% endif %}
    {{- message.content | trim + '<end_of_turn>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<start_of_turn>model\\n' }}{% endif %}
`

export const mistralTemplate = `{{- bos_token }}
{%- set system = messages[0].role == 'system' %}
{%- set turns = messages[1:] if system else messages %}
{%- for message in turns %}
    {%- if (message.role == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('After the optional system message, conversation roles must alternate user/assistant/user/assistant/...') }}
    {%- elif message.role == 'user' %}
        {{- '[INST] ' }}
        {%- if loop.last and system %}{{- messages[0].content + '\\n\\n' }}{% endif %}
        {{- message.content + '[/INST]' }}
    {%- elif message.role == 'assistant' %}
        {{- ' ' + message.content | trim + eos_token }}
    {%- else %}
        {{- raise_exception('Only user and assistant roles are supported, with the exception of an initial optional system message!') }}
    {%- endif %}
{%- endfor %}
`
