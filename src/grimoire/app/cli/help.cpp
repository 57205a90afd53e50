#include "grimoire/app/cli/help.h"

#include <algorithm>

#include "grimoire/base/str.h"
#include "grimoire/command/applicable.h"

namespace grim {
namespace {

std::string padded(std::string text, size_t width) { return text + std::string(text.size() < width ? width - text.size() : 1, ' '); }

std::string shown(const Json& value) { return value.kind() == Json::Kind::text ? value.as_text() : value.dump(); }

std::string default_of(const Option& o) {
  if (o.is_switch()) return "";
  if (o.required) return " (needed)";
  const Json value = o.json();
  if (value.is_array()) return "";
  const std::string text = shown(value);
  return text.empty() ? "" : str(" [{}]", text);
}

// "    max-depth             deepest leaf, 0 for no limit: an integer from 0 to 1000000 [0]"
std::string entries_of(const Option& list) {
  std::string text;
  for (const Option& o : list.entries)
    text += "    " + padded(o.name, 20) + o.help + ": " + o.takes() + str(" [{}]", shown(o.json())) +
            (o.with.empty() ? "" : str("; with {} only", in_words(o.with))) + "\n";
  return text;
}

std::string line_of(const Option& o, const Options& all) {
  const bool on = o.is_switch() && o.json().as_boolean();  // a switch that is on is there to be turned off
  return "  " + padded((on ? "--no-" : "--") + o.name, 22) + (on ? "turn off: " : "") + o.help + (o.choices.empty() ? "" : ": " + o.takes().substr(7)) +
         default_of(o) + (o.with.empty() || !find(all, o.with.substr(0, o.with.find('='))) ? "" : str("; with {} only", as_typed(o.with))) + "\n" +
         entries_of(o);
}

std::string list_of(const std::vector<Form>& forms) {
  size_t width = 0;
  for (const Form& f : forms) width = std::max(width, f.name.size());
  std::string text, group = "(none)";
  for (const Form& f : forms) {
    if (f.group != group) text += "\n" + f.group + (f.group.empty() ? "" : "\n"), group = f.group;
    text += "  " + (f.help.empty() ? f.name : padded(f.name, width + 2) + f.help) + "\n";
  }
  return text;
}

}  // namespace

std::string help_of(Command& command, HelpDepth depth) {
  const Forms forms = command.forms();
  const std::string title = command.title();
  std::string usage = title, places, options;
  for (const Positional& p : command.positionals()) {
    if (p.name == forms.by && !command.form().empty()) continue;
    usage += " " + p.name;
    places += "  " + padded(p.name, 22) + p.help + "\n";
  }
  bool more = false;
  const Options all = command.options();
  for (const Option& o : all)
    if (depth == HelpDepth::all || o.basic) options += line_of(o, all);
    else more = true;
  std::string text = str("grimoire {}: {}\n\nusage: grimoire {} [options]\n\n", title, command.summary(), usage);
  for (const std::string& example : fitting_examples(command)) text += "  " + example + "\n";
  text += "\n" + places + options + "  " + padded("--json", 22) + "the last line of stdout is one JSON object\n";
  if (const std::string note = command.note(); !note.empty()) text += "\n" + note + "\n";
  if (command.form().empty() && !forms.all.empty()) {
    text += list_of(forms.all);
    text += str("\nits options: grimoire {} {}{} --help\n", command.name(), command.form_is_positional() ? "" : "--" + forms.by + " ",
                forms.all.front().name);
  }
  if (more) text += str("\nmore options: grimoire {} --help-all\n", title);
  return text;
}

std::string help_of_all(const std::vector<std::unique_ptr<Command>>& commands) {
  std::string text = "grimoire: machine learning in one native program\n\n";
  for (const auto& c : commands) text += "  " + padded(c->name(), 14) + c->summary() + "\n";
  return text + "\nhelp of a command: grimoire COMMAND --help\n"
                "data may come from a file, a pipe, or standard input (-)\n"
                "exit codes: 0 done, 1 failed, 2 usage, 3 input, 4 resources or output lost, 128 + signal; 141 when nobody reads the output any more\n";
}

}  // namespace grim
