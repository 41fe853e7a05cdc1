/* The steps of the history, the same for every back end. */
#include "daemon/store/store.h"
#include "daemon/store/store_figures.h"

/* 10 s for three hours, a minute for two days, a quarter for 60 days, six hours for five years: at most 16,000 points of
 * one series. */
const struct store_history_step store_history_steps[STORE_HISTORY_STEPS] = {
    {10, 3 * 3600}, {60, 2 * 86400}, {900, 60 * 86400}, {6 * 3600, 5 * 366 * 86400}};
