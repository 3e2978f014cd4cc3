/** Tests of the chart: what it renders, what it refuses, and its life in a real API server. */
package dev.holdfast.helm;
