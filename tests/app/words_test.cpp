#include "grimoire/app/cli/usage.h"
