#include "train/tokenizer/deepseek_template.h"

namespace ergon::train {

const std::string_view deepseek_chat_template =
    R"({%- if add_generation_prompt is not defined %}{% set add_generation_prompt = false %}{% endif -%}
{%- if thinking is not defined %}{% set thinking = false %}{% endif -%}
{%- set ns = namespace(system='', first=true) -%}
{%- for message in messages if message['role'] == 'system' -%}
    {%- if ns.first %}{% set ns.system = message['content'] %}{% set ns.first = false -%}
    {%- else %}{% set ns.system = ns.system + '\n\n' + message['content'] %}{% endif -%}
{%- endfor -%}
{{- bos_token }}{{ ns.system -}}
{%- for message in messages -%}
    {%- if message['role'] == 'user' -%}
        {{- '<｜User｜>' }}{{ message['content'] -}}
    {%- elif message['role'] == 'assistant' -%}
        {{- '<｜Assistant｜></think>' }}{{ message['content'].split('</think>')[-1] }}{{ '<｜end▁of▁sentence｜>' -}}
    {%- elif message['role'] != 'system' -%}
        {{- raise_exception('The roles are system, user and assistant, not ' + message['role'] + '.') -}}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{- '<｜Assistant｜>' }}{{ '<think>' if thinking else '</think>' -}}
{%- endif -%}
)";

std::string deepseek_template_of(bool thinks) {
    constexpr std::string_view choice = "{{ '<think>' if thinking else '</think>' -}}";
    std::string text(deepseek_chat_template);
    return text.replace(text.find(choice), choice.size(), thinks ? "{{ '<think>' -}}" : "{{ '</think>' -}}");
}

}  // namespace ergon::train
