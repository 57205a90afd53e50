#pragma once

#include <memory>

#include "grimoire/command/command.h"

namespace grim {

std::unique_ptr<Command> make_train_command();
std::unique_ptr<Command> make_resume_command();
std::unique_ptr<Command> make_generate_command();
std::unique_ptr<Command> make_eval_command();
std::unique_ptr<Command> make_doctor_command();
std::unique_ptr<Command> make_demo_command();
std::unique_ptr<Command> make_fit_command();
std::unique_ptr<Command> make_experiment_command();
std::unique_ptr<Command> make_predict_command();
std::unique_ptr<Command> make_validate_command();
std::unique_ptr<Command> make_stats_command();
std::unique_ptr<Command> make_distribution_command();
std::unique_ptr<Command> make_explain_command();
std::unique_ptr<Command> make_glossary_command();
std::unique_ptr<Command> make_quiz_command();
std::unique_ptr<Command> make_deck_command();
std::unique_ptr<Command> make_tokenizer_command();

}  // namespace grim
