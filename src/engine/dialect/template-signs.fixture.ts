/** What a chat template of each family has in it by which it is recognised. */
export const templateSigns = {
  hermes: '{% if tools %}<tool_call></tool_call>{% endif %}<think></think>',
  llama: "{% if tools %}<|start_header_id|>{'parameters': }{% endif %}",
  mistral: '{% if tools %}[AVAILABLE_TOOLS]{% endif %}[TOOL_CALLS]',
  'mistral-named': '{% if tools %}[AVAILABLE_TOOLS]{% endif %}[TOOL_CALLS][ARGS][THINK][/THINK]',
  deepseek: '{% if tools %}{% endif %}<｜tool▁calls▁begin｜>```json',
  'deepseek-plain': '{% if tools %}{% endif %}<｜tool▁calls▁begin｜></think>',
  'function-gemma': '{% if tools %}{% endif %}<start_function_call>',
  'gemma-4': '{% if tools %}{% endif %}<|tool_call><tool_call|><|channel><channel|>',
  tagged: '{% if tools %}{% endif %}<tool_call><function=a><parameter=b>',
  harmony: '{% if tools %}{% endif %}<|channel|><|message|>',
  described: '{% for message in messages %}{{ message.content }}{% endfor %}',
} as const
