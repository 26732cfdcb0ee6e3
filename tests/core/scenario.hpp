#pragma once
// One scenario file against the rules; what its lines mean is told in scenario.cpp.

#include <string>

/// Empty when everything was as expected, else the line and what was wrong with it.
std::string run_scenario(const std::string& path);
