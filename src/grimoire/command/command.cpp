#include "grimoire/command/command.h"

#include "grimoire/base/error.h"
#include "grimoire/command/commands.h"

namespace grim {

void Command::set(const Settings& settings) {
  const Options known = options();
  for (const Setting& s : settings)
    if (const Option* option = find(known, s.name)) option->set(s.value);
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
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(make_demo_command());
  commands.push_back(make_train_command());
  commands.push_back(make_resume_command());
  commands.push_back(make_generate_command());
  commands.push_back(make_eval_command());
  commands.push_back(make_stats_command());
  commands.push_back(make_distribution_command());
  commands.push_back(make_doctor_command());
  commands.push_back(make_fit_command());
  commands.push_back(make_predict_command());
  commands.push_back(make_validate_command());
  commands.push_back(make_experiment_command());
  commands.push_back(make_explain_command());
  commands.push_back(make_glossary_command());
  commands.push_back(make_quiz_command());
  commands.push_back(make_deck_command());
  return commands;
}

}  // namespace grim
