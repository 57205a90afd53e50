#include "grimoire/command/command.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/command/applicable.h"
#include "grimoire/command/commands.h"
#include "grimoire/task/tasks.h"

namespace grim {

void tell(Console& console, const report::Report& part) { console.data(to_text(part, console.style())); }

void show(Console& console, const report::Report& report, Json result) {
  tell(console, report);
  if (!console.json()) return;
  result.set("report", to_json(report));
  console.result(result);
}

std::vector<std::string> Forms::names() const {
  std::vector<std::string> names;
  for (const Form& f : all) names.push_back(f.name);
  return names;
}

void Command::set(const Settings& settings) {
  const Options known = options();
  check_settings(*this, known, settings);
  for (const Setting& s : settings)
    if (const Option* option = find(known, s.name)) option->set(s.value);
}

bool Command::has_form(const std::string& name) const {
  const std::vector<Form> all = forms().all;
  return all.empty() || std::ranges::find(all, name, &Form::name) != all.end();
}

void Command::take_form(const std::string& name) {
  const Forms kinds = forms();
  if (name.empty() || has_form(name)) {
    if (!name.empty() && kinds.check) kinds.check(name);
    form_ = name;
    return;
  }
  for (const NoForm& n : kinds.none)
    if (n.name == name) throw Error(ErrorKind::usage, str("{}{} {}: {}", form_is_positional() ? "" : "--", kinds.by, name, n.why), n.instead);
  refuse(*this, str("there is no {} '{}'", kinds.by, name), did_you_mean(name, kinds.names(), see_help(*this)));
}

bool Command::form_is_positional() {
  return std::ranges::any_of(positionals(), [by = forms().by](const Positional& p) { return p.name == by; });
}

std::string Command::title() {
  if (form_.empty()) return name();
  return name() + (form_is_positional() ? " " : " --" + forms().by + " ") + form_;
}

std::vector<std::string> fitting_examples(Command& command) {
  std::vector<std::string> all = command.examples(), own;
  for (const std::string& example : all)
    if ((example + " ").starts_with(str("grimoire {} ", command.title()))) own.push_back(example);
  return own.empty() ? all : own;
}

Options every_option(Command& command) {
  const std::string before = command.form();
  command.take_form("");
  Options all = command.options();
  for (const Form& form : command.forms().all) {
    command.take_form(form.name);
    for (Option& o : command.options())
      if (!find(all, o.name)) all.push_back(std::move(o));
  }
  command.take_form(before);
  return all;
}

std::vector<std::unique_ptr<Command>> all_commands() {
  add_tasks();
  std::vector<std::unique_ptr<Command>> commands;
#define GRIM_MAKE(name) commands.push_back(make_##name##_command());
  GRIM_COMMANDS(GRIM_MAKE)
#undef GRIM_MAKE
  return commands;
}

}  // namespace grim
